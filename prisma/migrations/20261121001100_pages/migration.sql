-- What pages of tasks are read from, so that they come as soon however large a task is and however many there are
-- (docs/decisions/0019).

-- How many steps of a task are in each state: kept by the commits that move them.
alter table task add column step_counts text not null default '{}';
update task t set step_counts = c.counts
from (
  select task_id, json_object_agg(state, steps)::text as counts
  from (select task_id, state, count(*) as steps from step group by task_id, state) s group by task_id
) c
where c.task_id = t.id;

-- The steps of one task that are dispatched: as many as the tenant's window lets in, however many steps the task has.
drop index step_in_flight;
create index step_in_flight on step (tenant_id, task_id) where state = 'dispatched';
-- And those that wait for something else than their turn. That they have not ended goes without saying; saying it keeps
-- statements away that look for a step by its id and state, and find it by its id.
create index step_held on step (task_id, plan_index, place)
  where state in ('parked', 'waiting', 'verifying') and finished_at is null;

-- Which tasks have a label, in each state. A label is known by its hash: it may be longer than an index takes.
drop index task_labels;
create table task_label (
  label bytea not null,
  state text not null,
  task_id uuid not null,
  primary key (label, state, task_id)
);

create function label_key(of_tenant text, name text, value text) returns bytea
language sql stable parallel safe
return substring(sha256(convert_to(json_build_array(of_tenant, name, value)::text, 'UTF8')) for 16);

insert into task_label (label, state, task_id)
select label_key(t.tenant_id, l.key, l.value), t.state, t.id from task t cross join lateral jsonb_each_text(t.labels) l;

-- A task's labels never change; where it leads follows its state. Written in the statements that write the task, under its
-- lock, and by nobody else.
create function keep_task_labels() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    insert into task_label (label, state, task_id)
    select label_key(new.tenant_id, l.key, l.value), new.state, new.id from jsonb_each_text(new.labels) l;
  elsif tg_op = 'UPDATE' then
    update task_label set state = new.state
    where task_id = old.id and state = old.state
      and label = any(array(select label_key(old.tenant_id, l.key, l.value) from jsonb_each_text(old.labels) l));
  else
    delete from task_label
    where task_id = old.id and state = old.state
      and label = any(array(select label_key(old.tenant_id, l.key, l.value) from jsonb_each_text(old.labels) l));
  end if;
  return null;
end
$$;

create trigger task_labels_come after insert on task for each row
  when (new.labels <> '{}') execute function keep_task_labels();
create trigger task_labels_move after update of state on task for each row
  when (old.state <> new.state and new.labels <> '{}') execute function keep_task_labels();
create trigger task_labels_go after delete on task for each row
  when (old.labels <> '{}') execute function keep_task_labels();

grant select on task_label to muster_coordinator, muster_planner, muster_executor, muster_verifier, muster_console;
