import type { NamedSql } from '@muster/persistence';

export const FIND_TASK: NamedSql = {
  name: 'console.find-task',
  text: `
    select id, state, revision, fence, withdrawal, goal, input, output, failure, conditions, labels, autonomy, priority,
      plan_revision, plan_hash, steps_total, open_steps, step_counts, tool_calls, event_seq, deadline_at, due_at, created_at, finished_at
    from task where tenant_id = $1 and id = $2`,
};

const STEP_COLUMNS = `id, key, plan_index, place, parent_id, tool, lane, state, epoch, waiting_on, condition, attempts,
  failure, operation_id, due_at, started_at, finished_at`;

/** In plan order from (`$2`, `$3`) on; items follow their parent, whose item index counts as -1. */
export const LIST_STEPS: NamedSql = {
  name: 'console.list-steps',
  text: `
    select ${STEP_COLUMNS} from step
    where task_id = $1 and (plan_index, place) > ($2::int, $3::text)
    order by plan_index, place limit $4`,
};

export const LIST_STEPS_IN_STATE: NamedSql = {
  name: 'console.list-steps-in-state',
  text: `
    select ${STEP_COLUMNS} from step
    where task_id = $1 and state = $5 and (plan_index, place) > ($2::int, $3::text)
    order by plan_index, place limit $4`,
};

/** Only the first bytes of a body travel: a page is for reading, `GET /v1/operations` has the whole of it. */
export const FIND_OPERATIONS: NamedSql = {
  name: 'console.find-operations',
  text: `
    select id, step_id, tool, effect, state, sending, doubt, releases, epoch, worker_id, resolver, code, message,
      substring(request from 1 for $2::int) as request, octet_length(request) as request_size,
      substring(response from 1 for $2::int) as response, octet_length(response) as response_size,
      encode(request_hash, 'hex') as request_hash, first_sent_at, sent_at, ended_at, settled_at
    from operation where step_id = any($1::uuid[]) order by step_id, call`,
};

export const FIND_SENDINGS: NamedSql = {
  name: 'console.find-sendings',
  text: `
    select operation_id, sending, worker_id, epoch, outcome, code, sent_at, ended_at, late
    from sending where operation_id = any($1::uuid[]) order by operation_id, sending, late`,
};

export const FIND_EVIDENCE: NamedSql = {
  name: 'console.find-evidence',
  text: `
    select id, step_id, operation_id, kind, began_at, at, finding, detail, substring(body from 1 for $3::int) as body
    from evidence where task_id = $1 and (operation_id = any($2::uuid[]) or step_id is null)
    order by at, id limit $4`,
};

export const FIND_VERDICTS: NamedSql = {
  name: 'console.find-verdicts',
  text: `
    select id, step_id, round, passed, code, message, findings, at
    from verdict where task_id = $1 and (step_id = any($2::uuid[]) or step_id is null)
    order by at, id limit $3`,
};

/** The newest first, before `$2`. */
export const LIST_EVENTS: NamedSql = {
  name: 'console.list-events',
  text: 'select seq, type, at, data from event where task_id = $1 and seq < $2 order by seq desc limit $3',
};

/** Where a step or an operation that a queue's job names is to be read about. */
export const FIND_TASK_OF_STEP: NamedSql = {
  name: 'console.find-task-of-step',
  text: 'select task_id, id as step_id from step where id = $2 and tenant_id = $1',
};

export const FIND_TASK_OF_OPERATION: NamedSql = {
  name: 'console.find-task-of-operation',
  text: 'select task_id, step_id from operation where id = $2 and tenant_id = $1',
};
