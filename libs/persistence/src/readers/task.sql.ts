import type { NamedSql } from '../database';

/** Effects listed with a task that did not complete; a task with more of them has them all under its operations. */
const STANDING_EFFECTS_MAX = 1_000;

/** A step as people see it: `executing` is `dispatched` with an operation sent at the step's epoch. */
export const SHOWN_STEP_STATE = `case when s.state = 'dispatched' and exists (
      select from operation o where o.id = s.operation_id and o.state = 'sent' and o.epoch = s.epoch)
    then 'executing' else s.state end`;

const TASK_FIELDS = `t.id, t.state, t.revision, t.goal, t.skill, t.input, t.output, t.failure, t.conditions, t.budget, t.plan_revision,
  t.labels, t.priority, t.steps_total, t.tool_calls, t.model_calls, t.tokens, t.cost_micros, t.deadline_at, t.created_at, t.finished_at,
  (select json_object_agg(c.state, c.steps) from (
    select ${SHOWN_STEP_STATE} as state, count(*)::int as steps from step s where s.task_id = t.id group by 1) c) as counts,
  case when t.state in ('failed', 'cancelled') then (
    select json_agg(json_build_object('id', e.id, 'tool', e.tool, 'state', e.state)) from (
      select o.id, o.tool, o.state from operation o
      where o.task_id = t.id and o.effect <> 'none' and o.state in ('succeeded', 'unknown', 'sent')
      order by o.first_sent_at, o.id limit ${STANDING_EFFECTS_MAX}) e) end as standing`;

/** Tasks by id, as far as they belong to the tenant. */
export const TASKS_BY_ID: NamedSql = {
  name: 'read.tasks-by-id',
  text: `select ${TASK_FIELDS} from task t where t.tenant_id = $1 and t.id = any($2::uuid[])`,
};

const PAGE_OF = `tenant_id = $1 and id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') and ($4::jsonb is null or labels @> $4)`;

/**
 * Newest first: ids are time-ordered, so that a page goes on where the last one ended while tasks are added. States are
 * read one by one, each along the index that has them apart: a page of a state that none of a million tasks is in takes no
 * longer. Only an order by state, and a range, make sure of that index: to the planner all tasks are in the state of most.
 */
export const TASK_PAGE: NamedSql = {
  name: 'read.task-page',
  text: `
with page as materialized (
  select id from (
    select p.id from unnest($3::text[]) as wanted(state) cross join lateral (
      select id from task where ${PAGE_OF} and state >= wanted.state and state <= wanted.state
      order by state, id desc limit $5) p
    union all
    select p.id from (select id from task where ${PAGE_OF} and $3::text[] is null order by id desc limit $5) p
  ) found
  order by id desc limit $5
)
select ${TASK_FIELDS} from page join task t on t.id = page.id order by t.id desc`,
};

/** As little as tells whether there is news. */
export const TASK_PULSE: NamedSql = {
  name: 'read.task-pulse',
  text: 'select state, revision, conditions, event_seq from task where tenant_id = $1 and id = $2',
};

export const GRANTS_OF_TASK: NamedSql = {
  name: 'read.grants-of-task',
  text: 'select grants from task where tenant_id = $1 and id = $2',
};
