import type { StepState } from '@muster/domain';
import type { NamedSql } from '@muster/persistence';

const MS = (column: string): string => `(date_part('epoch', ${column}) * 1000)::bigint`;

/** What is read of each kind of row: the member's name and its expression, in the order in which the lists come. */
export const LOADED = {
  tasks: {
    id: 't.id',
    tenantId: 't.tenant_id',
    state: 't.state',
    revision: 't.revision',
    fence: 't.fence',
    withdrawal: 't.withdrawal',
    withdrawnAt: MS('t.withdrawn_at'),
    eventSeq: 't.event_seq',
    eventHash: "encode(t.event_hash, 'hex')",
    planRevision: 't.plan_revision',
    planHash: 't.plan_hash',
    stepsTotal: 't.steps_total',
    openSteps: 't.open_steps',
    stepCounts: 't.step_counts',
    toolCalls: 't.tool_calls',
    modelCalls: 't.model_calls',
    tokens: 't.tokens',
    costMicros: 't.cost_micros',
    input: 't.input',
    criteriaCount: 't.criteria_count',
    autonomy: 't.autonomy',
    budget: 't.budget',
    priority: 't.priority',
    output: 't.output',
    failure: 't.failure',
    conditions: 't.conditions',
    verdictId: 't.verdict_id',
    deadlineAt: MS('t.deadline_at'),
    dueAt: MS('t.due_at'),
    finishedAt: MS('t.finished_at'),
  },
  steps: {
    id: 's.id',
    taskId: 's.task_id',
    key: 's.key',
    planIndex: 's.plan_index',
    itemIndex: 's.item_index',
    parentId: 's.parent_id',
    planRevision: 's.plan_revision',
    kind: 's.kind',
    place: 's.place',
    spent: 's.spent',
    call: "case when s.key like '%/%' then s.item end",
    tool: 's.tool',
    contractHash: 's.contract_hash',
    lane: 's.lane',
    priority: 's.priority',
    permit: 's.permit',
    state: 's.state',
    epoch: 's.epoch',
    rings: 's.rings',
    waitingOn: 's.waiting_on',
    needs: 's.needs',
    dependants: 's.dependants',
    afterStep: 's.after_step',
    operationId: 's.operation_id',
    condition: 's.condition',
    attempts: 's.attempts',
    failure: 's.failure',
    dueAt: MS('s.due_at'),
    startedAt: MS('s.started_at'),
    finishedAt: MS('s.finished_at'),
  },
  operations: {
    id: 'o.id',
    taskId: 'o.task_id',
    stepId: 'o.step_id',
    tool: 'o.tool',
    effect: 'o.effect',
    state: 'o.state',
    sending: 'o.sending',
    doubt: 'o.doubt',
    releases: 'o.releases',
    epoch: 'o.epoch',
    workerId: 'o.worker_id',
    outputValid: 'o.output_valid',
    resolver: 'o.resolver',
    code: 'o.code',
    message: 'o.message',
    retryAfter: MS('o.retry_after'),
    firstSentAt: MS('o.first_sent_at'),
    sentAt: MS('o.sent_at'),
    endedAt: MS('o.ended_at'),
    settledAt: MS('o.settled_at'),
  },
} as const;

/** Values without their names: naming each of them costs more than reading it. */
const values = (columns: Readonly<Record<string, string>>): string =>
  `select coalesce(json_agg(json_build_array(${Object.values(columns).join(', ')})), '[]')`;

const OPERATION =
  'o.id, o.task_id, o.step_id, o.tool, o.effect, o.state, o.sending, o.doubt, o.releases, o.epoch, o.worker_id, o.output_valid, o.resolver, o.code, o.message, o.retry_after, o.first_sent_at, o.sent_at, o.ended_at, o.settled_at';

/** States of a step in which no operation of it says anything that its row does not. */
export const WITHOUT_OPERATION: readonly StepState[] = ['pending', 'ready', 'succeeded', 'skipped'];

/** What others than the coordinator write about the steps and tasks of the lists `steps` and `tasks`. */
const WRITTEN_BY_OTHERS = `named_operations as materialized (
  select ${OPERATION} from operation o where o.id = any(array(select operation_id from steps where state not in (${WITHOUT_OPERATION.map((state) => `'${state}'`).join(', ')})))
), in_flight as materialized (
  select ${OPERATION} from operation o where o.task_id = any(array(select id from tasks where withdrawal is not null and finished_at is null)) and o.state = 'sent'
), operations as materialized (
  select * from named_operations union all select * from in_flight where id not in (select id from named_operations)
), sendings as materialized (
  select x.* from sending x where x.operation_id = any(array(select id from named_operations where state <> 'succeeded' and (state <> 'sent' or sending > 1)))
), refusals as materialized (
  select r.step_id, r.epoch, r.code, r.message from refusal r where r.step_id = any(array(select id from steps where state = 'dispatched'))
), verdicts as materialized (
  select v.id, v.task_id, v.step_id, v.round, v.passed, v.code, v.message from verdict v
  where v.step_id = any(array(select id from steps where state = 'verifying'))
  union all
  select v.id, v.task_id, v.step_id, v.round, v.passed, v.code, v.message from verdict v
  where v.task_id = any(array(select id from tasks where state = 'verifying')) and v.step_id is null
)`;

const SHOWN_OF_OTHERS = `'now', ${MS('clock_timestamp()')},
  'operations', (${values(LOADED.operations)} from operations o),
  'sendings', (select coalesce(json_agg(json_build_object(
    'operationId', x.operation_id, 'sending', x.sending, 'workerId', x.worker_id, 'outcome', x.outcome, 'code', x.code,
    'sentAt', ${MS('x.sent_at')}, 'endedAt', ${MS('x.ended_at')}, 'late', x.late) order by x.sending), '[]') from sendings x),
  'workers', (select coalesce(json_agg(json_build_object(
    'id', w.id, 'state', w.state, 'leasedUntil', ${MS('w.leased_until')}, 'lockMissedAt', ${MS('w.lock_missed_at')}, 'endedAt', ${MS('w.ended_at')})), '[]')
    from worker w where w.id = any(array(select worker_id from operations union select worker_id from sendings))),
  'refusals', (select coalesce(json_agg(json_build_object('stepId', r.step_id, 'code', r.code, 'message', r.message)), '[]')
    from refusals r where (r.step_id, r.epoch) in (select id, epoch from steps where state = 'dispatched')),
  'verdicts', (select coalesce(json_agg(json_build_object('id', v.id, 'taskId', v.task_id, 'stepId', v.step_id, 'passed', v.passed, 'code', v.code, 'message', v.message)), '[]')
    from verdicts v
    where (v.step_id, v.round) in (select id, epoch from steps where state = 'verifying')
      or v.step_id is null and (v.task_id, v.round) in (select id, plan_revision from tasks where state = 'verifying')),
  'probes', (select coalesce(json_agg(json_build_object('id', e.id, 'operationId', e.operation_id, 'beganAt', ${MS('e.began_at')}, 'finding', e.finding)
    order by e.began_at), '[]')
    from evidence e where e.kind = 'probe' and e.operation_id = any(array(select id from operations where state = 'unknown')))`;

/**
 * Everything that a decision about these steps ($1) and tasks ($2) may need, in one statement and so from one moment:
 * the steps with their direct dependants and what they belong to, their operations, and what is known of the processes that sent them.
 * Takes no locks; the commit compares what it was drawn from. Lists are read once and joined after that: its time grows
 * with its rows, and no faster.
 */
export const LOAD: NamedSql = {
  name: 'lifecycle.load',
  text: `
with recursive named as materialized (
  select s.id, s.task_id, s.dependants, s.parent_id from step s where s.id = any($1::uuid[])
), task_ids as materialized (
  select distinct task_id as id from named union select unnest($2::uuid[])
), above as (
  select parent_id as id from named where parent_id is not null
  union select s.parent_id from above cross join lateral (select parent_id from step where id = above.id limit 1) s
    where s.parent_id is not null
), step_ids as materialized (
  select id from named union select unnest(dependants) from named union select id from above
), tasks as materialized (
  select t.* from task t where t.id = any(array(select id from task_ids))
), steps as materialized (
  select s.* from step s where s.id = any(array(select id from step_ids))
), ${WRITTEN_BY_OTHERS}
select json_build_object(
  'tasks', (${values(LOADED.tasks)} from tasks t),
  'steps', (${values(LOADED.steps)} from steps s),
  ${SHOWN_OF_OTHERS}
) as snapshot`,
};

/**
 * The same for rows that the coordinator still has: of its tasks ($1) the revision that its steps ($2 id, $3 state,
 * $4 epoch, $5 operation) are to be of, and what others have written about both.
 */
export const RECALL: NamedSql = {
  name: 'lifecycle.recall',
  text: `
with tasks as materialized (
  select t.id, t.revision, t.state, t.plan_revision, t.withdrawal, t.finished_at from task t where t.id = any($1::uuid[])
), steps as materialized (
  select * from unnest($2::uuid[], $3::text[], $4::int[], $5::uuid[]) as s(id, state, epoch, operation_id)
), ${WRITTEN_BY_OTHERS}
select json_build_object(
  'revisions', (select coalesce(json_object_agg(id, revision), '{}') from tasks),
  ${SHOWN_OF_OTHERS}
) as facts`,
};

/** The ids of further steps: members of plans ($1 task, $2 plan index), everything behind a step ($3), items that wait for a slot ($4). */
export const EXPAND: NamedSql = {
  name: 'lifecycle.expand',
  text: `
with recursive behind(id, dependants) as (
  select s.id, s.dependants from step s where s.id = any($3::uuid[])
  union
  select d.id, d.dependants from behind b cross join lateral unnest(b.dependants) as next(id)
    cross join lateral (select id, dependants from step where id = next.id limit 1) d
)
select s.id, null::uuid as parent_id
  from unnest($1::uuid[], $2::int[]) as member(task_id, plan_index)
  join step s on s.task_id = member.task_id and s.plan_index = member.plan_index and s.item_index is null
union all
select b.id, null from behind b
union all
select item.id, item.parent_id
  from unnest($4::uuid[], $5::int[]) as wanted(parent_id, count)
  cross join lateral (
    select s.id, s.parent_id from step s where s.parent_id = wanted.parent_id and s.state = 'pending'
    order by s.item_index limit wanted.count
  ) item`,
};

/**
 * Everything that these agents ($1) have called, with what the ledger has of it, in order; of each the answer of its last
 * model call, and those of agents, whose final answer is in them.
 */
export const AGENT_CALLS: NamedSql = {
  name: 'lifecycle.agent-calls',
  text: `
select s.parent_id as "agentId", s.id, s.key, s.kind, s.contract_hash as "contractHash", s.state, s.item as call, s.failure,
  encode(o.response_hash, 'hex') as "responseHash", ${MS('o.sent_at')}::float8 as "sentAt",
  case when s.kind = 'agent' or s.item_index = max(s.item_index) filter (where s.kind = 'model') over (partition by s.parent_id)
    then o.response end as response
from step s left join operation o on o.id = s.operation_id and o.state = 'succeeded'
where s.parent_id = any($1::uuid[]) and s.key like '%/%'
order by s.parent_id, s.item_index`,
};

/** When an effect was last there, for the tasks of these agents ($1); one in flight or in doubt may still come. */
export const LAST_EFFECTS: NamedSql = {
  name: 'lifecycle.last-effects',
  text: `
select a.id as "agentId", max(case when o.state = 'succeeded' then ${MS('o.settled_at')} else ${Number.MAX_SAFE_INTEGER} end)::float8 as at
from step a join operation o on o.task_id = a.task_id and o.effect <> 'none' and o.state in ('succeeded', 'sent', 'unknown')
where a.id = any($1::uuid[]) group by a.id`,
};
