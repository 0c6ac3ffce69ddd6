import { STATUS_CODES } from 'node:http';
import type { ProblemDocument } from '@muster/contracts';
import { CursorInvalid, DatabaseUnavailable, DataRefused, RowsContended, StatementTimeout } from '@muster/persistence';
import { HttpException } from '@nestjs/common';
import { DOOR_LIMITS } from '../door.limits';
import { HttpProblem } from './problem';

/** The problem that an error is answered with. Whatever nobody foresaw is a 500 that tells nothing of the inside. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof CursorInvalid) return new HttpProblem(400, 'invalid_cursor', error.message);
  if (error instanceof DataRefused && UNSTORABLE.test(error.sqlState)) {
    return new HttpProblem(400, 'unstorable', 'The request holds a value that cannot be stored, such as U+0000.');
  }
  if (error instanceof DatabaseUnavailable) return comeBack('database_unavailable', 'The database is not available.');
  if (error instanceof RowsContended || error instanceof StatementTimeout) {
    return comeBack('busy', 'Too much is going on at these rows.');
  }
  if (error instanceof HttpException && error.getStatus() < 500) return ofStatus(error.getStatus(), error.message);
  const status = statusOf(error);
  if (status !== undefined) return ofStatus(status, 'The request could not be read.');
  return new HttpProblem(500, 'internal', 'Something went wrong here; the request id leads to it in the logs.');
}

export function documentOf(problem: HttpProblem, instance: string, requestId: string): ProblemDocument {
  const { status, code, detail, retryable, errors } = problem;
  const title = STATUS_CODES[status] ?? 'Error';
  const document = { type: `urn:muster:problem:${code}`, title, status, detail, instance, code, requestId, retryable };
  return errors ? { ...document, errors: [...errors] } : document;
}

const comeBack = (code: string, what: string): HttpProblem =>
  new HttpProblem(503, code, `${what} Try again in a moment.`, {
    retryable: true,
    headers: { 'retry-after': String(DOOR_LIMITS.RETRY_AFTER_S) },
  });

// Class 22: the value itself is at fault. A broken constraint, class 23, would be a bug of ours.
const UNSTORABLE = /^22/;

const CODES: Readonly<Record<number, string>> = { 400: 'bad_request', 404: 'not_found', 405: 'method_not_allowed' };
const ofStatus = (status: number, detail: string): HttpProblem =>
  new HttpProblem(status, CODES[status] ?? 'refused', detail);

// What express and its router raise carries a status of its own.
function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
