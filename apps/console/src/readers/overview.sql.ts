import type { NamedSql } from '@muster/persistence';

/** Tasks of a tenant that are not at their end, by state; the index holds them together, so this stays cheap. */
export const COUNT_OPEN_TASKS: NamedSql = {
  name: 'console.count-open-tasks',
  text: `
    select state, count(*)::int as count from task
    where tenant_id = $1 and state in ('accepted','planning','running','verifying','compensating')
    group by state`,
};

/** Tasks made since `$2` that have ended, by state. Ids are time-ordered, so the bound is an id. */
export const COUNT_ENDED_TASKS: NamedSql = {
  name: 'console.count-ended-tasks',
  text: `
    select state, count(*)::int as count from task
    where tenant_id = $1 and id >= $2::uuid and state in ('completed','failed','cancelled')
    group by state`,
};

/**
 * Tasks that wait for a person: open ones, and ended ones made since `$2` about which something came to light later.
 * Conditions are text; the `like` finds candidates and the reader looks at what they say.
 */
export const FIND_ATTENTION: NamedSql = {
  name: 'console.find-attention',
  text: `
    select id, state, goal, labels, conditions, created_at, steps_total, open_steps, finished_at from task
    where tenant_id = $1 and conditions like '%NeedsAttention%'
      and (state in ('accepted','planning','running','verifying','compensating') or id >= $2::uuid)
    order by id desc limit $3`,
};

export const FIND_PARKED_STEPS: NamedSql = {
  name: 'console.find-parked-steps',
  text: `
    select s.id, s.task_id, s.key, s.tool, s.condition, s.operation_id, o.effect, o.state as operation_state, o.code
    from step s left join operation o on o.id = s.operation_id
    where s.task_id = any($1::uuid[]) and s.state = 'parked'
    order by s.task_id, s.plan_index, s.place limit $2`,
};

export const FIND_WORKERS: NamedSql = {
  name: 'console.find-workers',
  text: `
    select id, service, pid, host, lanes, state, started_at, leased_until, last_job_at, ended_at, end_kind,
      leased_until < clock_timestamp() as lease_ran_out
    from worker
    where state <> 'dead' or coalesce(ended_at, given_up_at, leased_until) > clock_timestamp() - interval '10 minutes'
    order by state = 'dead', service, started_at desc limit $1`,
};

/** What each executor says of a tool, the worst first; a breaker that has not moved for an hour says nothing of today. */
export const FIND_BREAKERS: NamedSql = {
  name: 'console.find-breakers',
  text: `
    select tool,
      case when bool_or(state = 'open') then 'open' when bool_or(state = 'half-open') then 'half-open' else 'closed' end as state,
      sum(failures)::int as failures, sum(successes)::int as successes, sum(rejects)::int as rejects,
      max(opened_at) as opened_at, count(*)::int as workers
    from breaker
    where tenant_id = $1 and updated_at > clock_timestamp() - interval '1 hour'
    group by tool
    order by bool_or(state = 'open') desc, bool_or(state = 'half-open') desc, sum(failures) desc, tool limit $2`,
};
