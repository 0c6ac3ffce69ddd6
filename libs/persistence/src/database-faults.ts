import { types } from 'node:util';
import { Fault } from '@muster/domain';

/** Postgres cannot be reached, is starting, stopping, full or read-only. Whether a statement took effect is unknown. */
export class DatabaseUnavailable extends Fault {
  readonly code = 'DATABASE_UNAVAILABLE';
  readonly retryable = true;
  constructor(reason: string) {
    super(`Postgres is not available: ${reason}.`, 'Try again in a moment.');
  }
}

/** Another transaction held the rows too long, or had to win: lock timeout, deadlock, serialization. Nothing was done. */
export class RowsContended extends Fault {
  readonly code = 'ROWS_CONTENDED';
  readonly retryable = true;
  constructor(
    readonly sqlState: string,
    reason: string,
  ) {
    super(`Another transaction holds the rows (${sqlState}): ${reason}.`, 'Try again.');
  }
}

/** A statement that took longer than it may. Nothing was done. */
export class StatementTimeout extends Fault {
  readonly code = 'STATEMENT_TIMEOUT';
  readonly retryable = true;
  constructor(statement: string) {
    super(`The statement '${statement}' ran longer than it may.`, 'Try again with fewer rows.');
  }
}

/** The database refused the values: a check, unique or foreign key (`constraint` names it), or bad data. Nothing was done. */
export class DataRefused extends Fault {
  readonly code = 'DATA_REFUSED';
  readonly retryable = false;
  constructor(
    readonly sqlState: string,
    readonly constraint: string | undefined,
    reason: string,
  ) {
    super(
      `The database refused the values (${sqlState}${constraint ? `, ${constraint}` : ''}): ${reason}.`,
      'Correct the values.',
    );
  }
}

interface DriverError {
  readonly code?: string;
  readonly message: string;
  readonly constraint?: string;
}

// 25006: a primary that was demoted. 53: out of memory, disk or connections. 57P: shutting down or starting.
const UNAVAILABLE_STATES = /^(08...|25006|53...|57P..)$/;
const CONTENDED_STATES = new Set(['55P03', '40P01', '40001']);
/**
 * What is shared, and was removed with its last reference in the moment in which another one was made: the statement that
 * makes one brings the content as well, and is repeated.
 */
const SHARED_CONTENT = new Set(['task_plan_plan_hash_fkey', 'artifact_link_artifact_fkey']);
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNABORTED',
]);
// The driver raises these without a code.
const LOST_CONNECTION =
  /connection terminated|connection error|query read timeout|timeout exceeded when trying to connect|server closed the connection|client was closed|pool after calling end/i;

/** The fault behind a driver's error; any other error comes back as it is: then it is a bug. */
export function classifyDatabaseError(error: unknown, statement: string): unknown {
  if (error instanceof Fault || !isDriverError(error)) return error;
  const { code = '', message, constraint } = error;
  if (UNAVAILABLE_STATES.test(code) || SOCKET_CODES.has(code) || (code === '' && LOST_CONNECTION.test(message))) {
    return new DatabaseUnavailable(message || code);
  }
  if (CONTENDED_STATES.has(code)) return new RowsContended(code, message);
  if (code === '23503' && SHARED_CONTENT.has(constraint ?? '')) return new RowsContended(code, message);
  if (code === '57014') return new StatementTimeout(statement);
  if (code.startsWith('22') || code.startsWith('23')) return new DataRefused(code, constraint, message);
  return error;
}

// Not `instanceof`: an error that Node itself raised may come from another realm, as it does under a test runner.
function isDriverError(error: unknown): error is DriverError {
  return types.isNativeError(error) && (typeof (error as { code?: unknown }).code === 'string' || !('code' in error));
}

/** The statement certainly did nothing, and may do its work when it is tried again, alone or later. */
export const isRefusedBatch = (error: unknown): boolean =>
  error instanceof RowsContended || error instanceof StatementTimeout || error instanceof DataRefused;

/** Worth another try: the fault lies with the moment, not with the values. */
export const isTransient = (error: unknown): boolean => error instanceof Fault && error.retryable;
