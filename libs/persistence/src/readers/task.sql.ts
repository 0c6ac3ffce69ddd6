import type { NamedSql } from '../database';

/** Effects listed with a task that did not complete; a task with more of them has them all under its operations. */
const STANDING_EFFECTS_MAX = 1_000;

/** A step as people see it: `executing` is `dispatched` with an operation sent at the step's epoch. */
export const SHOWN_STEP_STATE = `case when s.state = 'dispatched' and exists (
      select from operation o where o.id = s.operation_id and o.state = 'sent' and o.epoch = s.epoch)
    then 'executing' else s.state end`;

const TASK_FIELDS = `t.id, t.state, t.revision, t.goal, t.skill, t.input, t.output, t.failure, t.conditions, t.budget, t.plan_revision,
  t.labels, t.priority, t.steps_total, t.tool_calls, t.model_calls, t.tokens, t.cost_micros, t.deadline_at, t.created_at, t.finished_at,
  t.step_counts, case when t.open_steps > 0 then (
    select count(*)::int from step s where s.tenant_id = t.tenant_id and s.task_id = t.id and s.state = 'dispatched'
      and (select o.state = 'sent' and o.epoch = s.epoch from operation o where o.id = s.operation_id limit 1))
    else 0 end as executing,
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

const PLACE = "coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')";

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
      select id from task where tenant_id = $1 and id < ${PLACE} and state >= wanted.state and state <= wanted.state
      order by state, id desc limit $4) p
    union all
    select p.id from (
      select id from task where tenant_id = $1 and id < ${PLACE} and $3::text[] is null order by id desc limit $4) p
  ) found
  order by id desc limit $4
)
select ${TASK_FIELDS} from task t where t.id = any(array(select id from page)) order by t.id desc`,
};

/** More tasks than this need not be counted to know that a label is no rare one. */
export const RARE_LABEL_TASKS_MAX = 1_000;

/** The next older task of a label, in a state, that has the other labels as well. */
const nextOfLabel = (state: string, place: string): string => `
    select l.task_id from task_label l
    where l.label = rarest.label and l.state = ${state} and l.task_id < ${place} and not exists (
      select from wanted w where w.label <> rarest.label and (
        select true from task_label o where o.label = w.label and o.state = l.state and o.task_id = l.task_id limit 1) is null)
    order by l.task_id desc limit 1`;

/**
 * The same of tasks that have all of these labels, in these states: along the rarest of the labels, state by state, where
 * they stand in the order of the page. However many have a label, or none, no more is read than is shown; only where
 * several labels are asked for and the rarest is a frequent one, those that have it without the others as well. Tasks are
 * gone to one by one: asked for several, the planner may prefer to sort all of a label, since to it a label has as many as
 * most have. The same would befall the count, were it not for a range in the place of a key.
 */
export const TASK_PAGE_OF_LABELS: NamedSql = {
  name: 'read.task-page-of-labels',
  text: `
with recursive wanted as materialized (
  select label_key($1, l.key, l.value) as label from jsonb_each_text($5::jsonb) l
), rarest as materialized (
  select w.label from wanted w
  order by case when (select count(*) from wanted) > 1 then (select count(*) from (
    select from task_label l where l.label >= w.label and l.label <= w.label
    order by label, state, task_id limit ${RARE_LABEL_TASKS_MAX}) few) end
  limit 1
), found as (
  select s.state, n.task_id, 1 as place
  from rarest cross join unnest($3::text[]) as s(state) cross join lateral (${nextOfLabel('s.state', PLACE)}) n
  union all
  select f.state, n.task_id, f.place + 1
  from found f cross join rarest cross join lateral (${nextOfLabel('f.state', 'f.task_id')}) n where f.place < $4
), page as materialized (
  select task_id as id from found order by 1 desc limit $4
)
select ${TASK_FIELDS} from task t where t.id = any(array(select id from page)) order by t.id desc`,
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
