import type { NamedSql } from '@muster/persistence';

/** The same parameters for both: tenant, states, age in milliseconds, the place behind which to look, and two bounds. */
const LOOKED = `$1::text, $2::text[], $3::bigint * interval '1 millisecond', $4::timestamptz, $5::uuid, $6::int, $7::int`;

/**
 * Invariant: nothing is removed but what the database itself judges to be over (prisma/migrations, `prune_tasks`); a
 * task goes whole or not at all. Repeated, it finds nothing more to do.
 */
export const PRUNE: NamedSql = { name: 'retention.prune', text: `select prune_tasks(${LOOKED}) as slice` };

/** The same figures, with nothing removed and nothing locked. Content counts where no other task refers to it. */
export const SURVEY: NamedSql = {
  name: 'retention.survey',
  text: `
with looked as materialized (
  select id, finished_at from finished_tasks(${LOOKED})
), kept as materialized (
  select id, reason from kept_tasks(array(select id from looked))
), gone as materialized (
  select id from looked where id <> all(array(select id from kept))
), sizes as (
  select 'operations' as kind, octet_length(request) + coalesce(octet_length(response), 0) as size
  from operation where task_id = any(array(select id from gone))
  union all
  select 'sendings', coalesce(octet_length(response), 0) from sending
  where operation_id = any(array(select id from operation where task_id = any(array(select id from gone))))
  union all
  select 'events', octet_length(data) from event where task_id = any(array(select id from gone))
  union all
  select 'evidence', coalesce(octet_length(body), 0) from evidence where task_id = any(array(select id from gone))
  union all
  select 'artifacts', max(l.size) from artifact_link l
  where l.task_id = any(array(select id from gone)) and (
    select 1 from artifact_link u
    where u.tenant_id = l.tenant_id and u.hash = l.hash and u.task_id <> all(array(select id from gone)) limit 1) is null
  group by l.hash
), last as (
  select id, finished_at from looked order by finished_at desc, id desc limit 1
)
select json_build_object(
  'lastAt', (select finished_at::text from last), 'lastId', (select id from last),
  'kept', json_build_object(
    'needsAttention', (select count(*) from kept where reason = 'needsAttention'),
    'unknownOperation', (select count(*) from kept where reason = 'unknownOperation'),
    'lateAnswer', (select count(*) from kept where reason = 'lateAnswer')),
  'removed', json_build_object(
    'tasks', (select count(*) from gone),
    'steps', (select count(*) from step where task_id = any(array(select id from gone))),
    'operations', (select count(*) from sizes where kind = 'operations'),
    'sendings', (select count(*) from sizes where kind = 'sendings'),
    'events', (select count(*) from sizes where kind = 'events'),
    'plans', (select count(distinct p.plan_hash) from task_plan p
      where p.task_id = any(array(select id from gone)) and (
        select 1 from task_plan u where u.plan_hash = p.plan_hash and u.task_id <> all(array(select id from gone)) limit 1) is null),
    'artifacts', (select count(*) from sizes where kind = 'artifacts'),
    'bytes', (select coalesce(sum(size), 0) from sizes))) as slice`,
};

export const TENANTS: NamedSql = { name: 'retention.tenants', text: 'select id from tenant order by id' };
