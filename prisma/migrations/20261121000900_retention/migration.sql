-- Retention: a finished task that has stood for a stated time leaves the database with everything that belongs to it.
-- No role may delete rows of a task. The functions here judge, and remove what may go (docs/decisions/0018).

create index task_finished on task (tenant_id, state, finished_at, id) where finished_at is not null;
create index task_plan_of_plan on task_plan (plan_hash);
create index artifact_link_of_artifact on artifact_link (tenant_id, hash);
create index intake_refusal_of_task on intake_refusal (task_id) where task_id is not null;

-- Bytes that a link names are there: whoever links them while they are removed is refused, and writes them anew.
alter table artifact_link add constraint artifact_link_artifact_fkey foreign key (tenant_id, hash) references artifact;

-- A verifier that comes back after its task is gone has to find that out under a lock.
grant update (lock_only) on task to muster_verifier;

-- The next finished tasks of a tenant that are old enough, the longest finished first: up to so many, of up to so many
-- steps together, or a single larger one. Reads no more rows than that for each state.
create function finished_tasks(
  of_tenant text, in_states text[], min_age interval, after_at timestamptz, after_id uuid, tasks_max integer, steps_max integer
) returns table (id uuid, finished_at timestamptz) language sql stable set search_path = public, pg_temp as $$
  select f.id, f.finished_at from (
    select t.id, t.finished_at, row_number() over earlier as place, sum(t.steps_total) over earlier as steps
    from unnest(in_states) as s(state)
    cross join lateral (
      select id, finished_at, steps_total from task
      where tenant_id = of_tenant and state = s.state and finished_at < now() - min_age and (finished_at, id) > (after_at, after_id)
      order by finished_at, id limit tasks_max
    ) t
    window earlier as (order by t.finished_at, t.id rows unbounded preceding)
  ) f
  where f.place <= tasks_max and (f.place = 1 or f.steps <= steps_max)
  order by f.finished_at, f.id
$$;

-- Which of these tasks stay however old they are, and why: somebody has to look at them, or what happened outside is not
-- known, or an answer that came late says otherwise than what was concluded.
create function kept_tasks(ids uuid[]) returns table (id uuid, reason text)
language sql stable set search_path = public, pg_temp as $$
  select distinct on (k.id) k.id, k.reason from (
    select t.id, 'needsAttention' as reason from task t
    where t.id = any(ids) and (
      select true from json_array_elements(t.conditions::json) c
      where c ->> 'type' = 'NeedsAttention' and (c ->> 'status')::boolean limit 1)
    union all
    select o.task_id, 'unknownOperation' from operation o where o.task_id = any(ids) and o.state in ('sent', 'unknown')
    union all
    select o.task_id, 'lateAnswer' from operation o
    cross join lateral (
      select 1 from sending x where x.operation_id = o.id and x.late and x.outcome = 'succeeded' limit 1
    ) late
    where o.task_id = any(ids) and o.state in ('failed', 'absent')
  ) k
  order by k.id, k.reason
$$;

-- Removes the next of those tasks, and answers what it looked at, removed and kept. Never waits: where somebody else
-- prunes, or writes to one of these operations, it gives up as a lock timeout does and has done nothing.
create function prune_tasks(
  of_tenant text, in_states text[], min_age interval, after_at timestamptz, after_id uuid, tasks_max integer, steps_max integer
) returns json language plpgsql security definer set search_path = public, pg_temp as $$
declare
  looked uuid[];
  last_at timestamptz;
  last_id uuid;
  gone uuid[];
  kept json;
  step_ids uuid[];
  operation_ids uuid[];
  plan_hashes text[];
  artifact_keys text[];
  steps bigint;
  operations bigint;
  sendings bigint;
  events bigint;
  plans bigint;
  artifacts bigint;
  bytes bigint;
  more bigint;
begin
  if min_age is null or min_age < interval '1 day' then
    raise exception 'A finished task stays for a day at least.' using errcode = '22023';
  end if;
  if not in_states <@ array['completed', 'failed', 'cancelled'] then
    raise exception 'Only a task that has ended can be removed.' using errcode = '22023';
  end if;
  if not pg_try_advisory_xact_lock(hashtextextended('muster-prune', 0)) then
    raise exception 'Somebody else prunes.' using errcode = '55P03';
  end if;

  select array_agg(f.id), (array_agg(f.finished_at order by f.finished_at desc, f.id desc))[1],
    (array_agg(f.id order by f.finished_at desc, f.id desc))[1]
  into looked, last_at, last_id
  from finished_tasks(of_tenant, in_states, min_age, after_at, after_id, tasks_max, steps_max) f;

  -- Tasks, then operations, each in id order. Whoever locks a step has locked its task before. What was judged without
  -- the locks may be another thing under them, so that everything is judged after the last one.
  select array_agg(l.id) into looked
  from (select t.id from task t where t.id = any(looked) order by t.id for update skip locked) l;
  select coalesce(array_agg(l.id), '{}') into operation_ids
  from (select o.id from operation o where o.task_id = any(looked) order by o.id for update nowait) l;

  select coalesce(array_agg(t.id) filter (where k.id is null), '{}'),
    json_build_object(
      'needsAttention', count(*) filter (where k.reason = 'needsAttention'),
      'unknownOperation', count(*) filter (where k.reason = 'unknownOperation'),
      'lateAnswer', count(*) filter (where k.reason = 'lateAnswer'))
  into gone, kept
  from unnest(looked) as t(id) left join kept_tasks(looked) k on k.id = t.id;

  select coalesce(array_agg(s.id), '{}') into step_ids from step s where s.task_id = any(gone);
  select coalesce(array_agg(o.id), '{}') into operation_ids from operation o where o.task_id = any(gone);

  with removed as (delete from task_plan where task_id = any(gone) returning plan_hash)
  select coalesce(array_agg(distinct plan_hash), '{}') into plan_hashes from removed;
  -- First the tasks: what is only ever added to goes with its task and no other way (the guard of the history).
  delete from task where id = any(gone);
  delete from step where id = any(step_ids);
  get diagnostics steps = row_count;

  with removed as (
    delete from operation where id = any(operation_ids)
    returning octet_length(request) + coalesce(octet_length(response), 0) as size
  )
  select count(*), coalesce(sum(size), 0) into operations, bytes from removed;
  with removed as (
    delete from sending where operation_id = any(operation_ids) returning coalesce(octet_length(response), 0) as size
  )
  select count(*), coalesce(sum(size), 0) into sendings, more from removed;
  bytes := bytes + more;
  with removed as (delete from event where task_id = any(gone) returning octet_length(data) as size)
  select count(*), coalesce(sum(size), 0) into events, more from removed;
  bytes := bytes + more;
  with removed as (delete from evidence where task_id = any(gone) returning coalesce(octet_length(body), 0) as size)
  select coalesce(sum(size), 0) into more from removed;
  bytes := bytes + more;
  delete from verdict where step_id = any(step_ids);
  delete from verdict where task_id = any(gone) and step_id is null;
  delete from refusal where step_id = any(step_ids);
  delete from permit where task_id = any(gone);
  delete from intake_refusal where task_id = any(gone);
  with removed as (delete from artifact_link where task_id = any(gone) returning hash)
  select coalesce(array_agg(distinct hash), '{}') into artifact_keys from removed;

  -- What others share goes with the last that refers to it. It is locked only where nothing does, so that submissions of
  -- a plan in use never meet the lock, and looked at again under it: a new reference is either seen then, or its foreign
  -- key finds the row gone and the statement that made it is repeated.
  select coalesce(array_agg(l.hash), '{}') into plan_hashes from (
    select p.hash from plan p
    where p.hash = any(plan_hashes) and (select 1 from task_plan u where u.plan_hash = p.hash limit 1) is null
    order by p.hash for update skip locked
  ) l;
  delete from plan p
  where p.hash = any(plan_hashes) and (select 1 from task_plan u where u.plan_hash = p.hash limit 1) is null;
  get diagnostics plans = row_count;

  select coalesce(array_agg(l.hash), '{}') into artifact_keys from (
    select a.hash from artifact a
    where a.tenant_id = of_tenant and a.hash = any(artifact_keys)
      and (select 1 from artifact_link u where u.tenant_id = a.tenant_id and u.hash = a.hash limit 1) is null
    order by a.hash for update skip locked
  ) l;
  with removed as (
    delete from artifact a
    where a.tenant_id = of_tenant and a.hash = any(artifact_keys)
      and (select 1 from artifact_link u where u.tenant_id = a.tenant_id and u.hash = a.hash limit 1) is null
    returning a.size
  )
  select count(*), coalesce(sum(size), 0) into artifacts, more from removed;
  bytes := bytes + more;

  return json_build_object(
    'lastAt', last_at::text, 'lastId', last_id, 'kept', kept,
    'removed', json_build_object(
      'tasks', cardinality(gone), 'steps', steps, 'operations', operations, 'sendings', sendings, 'events', events,
      'plans', plans, 'artifacts', artifacts, 'bytes', bytes));
end
$$;

revoke all on function finished_tasks, kept_tasks, prune_tasks from public;
grant execute on function finished_tasks, kept_tasks, prune_tasks to muster_coordinator;
