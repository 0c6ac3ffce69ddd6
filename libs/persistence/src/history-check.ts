import { type EventRow, HistoryProof, type HistoryRows, type TaskState, type WrongLine } from '@muster/domain';
import type { NamedSql } from './database';

/** What the check of one task's history found; `wrong` is empty where it gives the rows. */
export interface CheckedHistory {
  readonly taskId: string;
  readonly state: TaskState;
  /** Events that were chained, up to the first that is out of order. */
  readonly events: number;
  readonly steps: number;
  readonly wrong: readonly WrongLine[];
}

/** Runs a statement and answers its rows. */
export type Ask = (sql: NamedSql, values: readonly unknown[]) => Promise<readonly object[]>;

/** A history may be long: so much of it is in memory at once. */
const EVENTS_A_PAGE = 1_000;

// One statement, so that the rows are of one moment. Events are only ever added to: those up to here do not change.
const HISTORY_ROWS: NamedSql = {
  name: 'history.rows',
  text: `
select t.state, t.fence, t.event_seq as "eventSeq", encode(t.event_hash, 'hex') as "eventHash",
  (select coalesce(json_object_agg(s.key, json_build_array(s.state, s.epoch)), '{}') from step s where s.task_id = t.id) as steps,
  (select coalesce(max(e.seq), 0) from event e where e.task_id = t.id) as "lastSeq"
from task t where t.id = $1 and ($2::text is null or t.tenant_id = $2)`,
};

const HISTORY_EVENTS: NamedSql = {
  name: 'history.events',
  text: `
select seq, type, data, encode(hash, 'hex') as hash, (extract(epoch from at) * 1000)::float8 as at
from event where task_id = $1 and seq > $2 and seq <= $3 order by seq limit $4`,
};

interface RowsOfTask extends HistoryRows {
  readonly state: TaskState;
  readonly lastSeq: number;
}

/** Chains and folds a task's history anew and holds it against its rows; undefined where there is no such task. */
export async function checkHistory(ask: Ask, taskId: string, tenantId?: string): Promise<CheckedHistory | undefined> {
  const [rows] = (await ask(HISTORY_ROWS, [taskId, tenantId ?? null])) as readonly RowsOfTask[];
  if (!rows) return undefined;
  const proof = new HistoryProof();
  for (let seq = 0; ; ) {
    const page = (await ask(HISTORY_EVENTS, [taskId, seq, rows.lastSeq, EVENTS_A_PAGE])) as readonly EventRow[];
    for (const event of page) proof.add(event);
    if (page.length < EVENTS_A_PAGE) break;
    seq = page.at(-1)!.seq;
  }
  const steps = Object.keys(rows.steps).length;
  const wrong = proof.against(rows);
  // Retention may have taken the task away while its pages were read.
  if (wrong.length > 0 && (await ask(HISTORY_ROWS, [taskId, tenantId ?? null])).length === 0) return undefined;
  return { taskId, state: rows.state, events: proof.events, steps, wrong };
}
