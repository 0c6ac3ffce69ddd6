import { type Invariant, TASK_ENDED } from './invariant';

/** Events and ownership: that the history is whole, and that no row has strayed to another tenant. */
export const HISTORY_INVARIANTS: readonly Invariant[] = [
  {
    name: 'events-are-gapless',
    promise: 'The events of a task are numbered from 1 without a gap, and the task knows the last number and hash.',
    guarantees: ['G4', 'G15'],
    sql: `
      select t.id, t.event_seq, count(e.seq) as events, max(e.seq) as last
        from task t left join event e on e.task_id = t.id
       group by t.id
      having count(e.seq) <> t.event_seq or coalesce(max(e.seq), 0) <> t.event_seq
          or bool_or(e.seq = t.event_seq and e.hash <> t.event_hash)`,
  },
  {
    name: 'events-belong-to-a-task',
    promise: 'No event, sending, evidence or verdict speaks of a task that does not exist.',
    guarantees: ['G15'],
    sql: ['event', 'sending', 'evidence', 'verdict', 'operation', 'refusal']
      .map(
        (table) =>
          `select distinct task_id, '${table}' as entity from ${table} x where not exists (select from task t where t.id = x.task_id)`,
      )
      .join(' union all '),
  },
  {
    name: 'tenants-do-not-mix',
    promise: 'The tenant of every row of a task is the task’s.',
    guarantees: ['G16'],
    sql: ['step', 'operation', 'evidence', 'verdict', 'artifact_link', 'event']
      .map(
        (table) =>
          `select distinct t.id, '${table}' as entity from task t join ${table} x on x.task_id = t.id where x.tenant_id <> t.tenant_id`,
      )
      .join(' union all '),
  },
  {
    name: 'ends-are-told',
    promise: 'A task that has ended says when, and a failed one says why.',
    guarantees: ['G1'],
    sql: `
      select id, state from task
       where state in ${TASK_ENDED} and (finished_at is null or (state = 'failed' and failure is null))`,
  },
];
