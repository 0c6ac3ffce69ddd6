import type { Muster } from '../../../test/support/muster';
import { shortFigure, type Table } from '../table';

/** A statement that the services sent, over all loads. */
export interface StatementCost {
  readonly text: string;
  readonly callsPerStep: number;
  readonly msPerCall: number;
  readonly msPerStep: number;
}

const SHOWN = 12;
const TEXT_LENGTH = 90;
const DEAREST = `
  select left(regexp_replace(query, '\\s+', ' ', 'g'), ${TEXT_LENGTH}) as text, calls::float8, total_exec_time as ms
  from pg_stat_statements s join pg_database d on d.oid = s.dbid
  where d.datname = current_database() and toplevel order by total_exec_time desc limit ${SHOWN}`;

/** Forgets what was counted before. */
export async function forgetStatements(muster: Muster): Promise<void> {
  await muster.rows('select pg_stat_statements_reset()');
}

/** Those that took Postgres longest since they were forgotten, while so many steps ran. */
export async function dearestStatements(muster: Muster, steps: number): Promise<StatementCost[]> {
  const rows = await muster.rows<{ text: string; calls: number; ms: number }>(DEAREST);
  return rows.map(({ text, calls, ms }) => ({
    text,
    callsPerStep: calls / steps,
    msPerCall: ms / calls,
    msPerStep: ms / steps,
  }));
}

export const statementTable = (statements: readonly StatementCost[]): Table => ({
  rows: [
    ['µs a step', 'calls a step', 'ms a call', 'statement'],
    ...statements.map(({ text, callsPerStep, msPerCall, msPerStep }) => [
      shortFigure(msPerStep * 1_000),
      shortFigure(callsPerStep),
      shortFigure(msPerCall),
      text.replaceAll('|', '¦'),
    ]),
  ],
  textColumns: [3],
});
