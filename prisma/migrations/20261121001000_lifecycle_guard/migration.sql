-- Generated from libs/domain/src/lifecycle by deploy/generate.mjs; run: npm run generate.
-- Every statement has its guard in its own where; these triggers are for the statement that has not. The legal moves
-- stand in the trigger's when, so that a legal move never calls a function.

create or replace function refuse_illegal_move() returns trigger language plpgsql as $$
begin
  raise exception 'A % cannot go from ''%'' to ''%''.', tg_table_name, old.state, new.state
    using errcode = '23514', table = tg_table_name, constraint = tg_name, detail = 'Row ' || old.id || '.';
end
$$;

create or replace trigger task_moves_legally before update of state on task for each row
  when (old.state is distinct from new.state and not (
       (old.state = 'accepted' and new.state in ('planning', 'running', 'failed', 'cancelled'))
    or (old.state = 'planning' and new.state in ('running', 'failed', 'cancelled'))
    or (old.state = 'running' and new.state in ('planning', 'verifying', 'compensating', 'completed', 'failed', 'cancelled'))
    or (old.state = 'verifying' and new.state in ('planning', 'running', 'compensating', 'completed', 'failed', 'cancelled'))
    or (old.state = 'compensating' and new.state in ('failed', 'cancelled'))
  ))
  execute function refuse_illegal_move();

create or replace trigger step_moves_legally before update of state on step for each row
  when (old.state is distinct from new.state and not (
       (old.state = 'pending' and new.state in ('ready', 'dispatched', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled'))
    or (old.state = 'ready' and new.state in ('dispatched', 'failed', 'skipped', 'cancelled'))
    or (old.state = 'dispatched' and new.state in ('waiting', 'verifying', 'parked', 'succeeded', 'failed', 'skipped', 'cancelled'))
    or (old.state = 'waiting' and new.state in ('dispatched', 'verifying', 'parked', 'succeeded', 'failed', 'cancelled'))
    or (old.state = 'verifying' and new.state in ('waiting', 'parked', 'succeeded', 'failed', 'cancelled'))
    or (old.state = 'parked' and new.state in ('dispatched', 'waiting', 'verifying', 'succeeded', 'failed', 'cancelled'))
    or (old.state = 'succeeded' and new.state in ('compensated'))
  ))
  execute function refuse_illegal_move();

create or replace trigger operation_moves_legally before update of state on operation for each row
  when (old.state is distinct from new.state and not (
       (old.state = 'sent' and new.state in ('succeeded', 'failed', 'unknown', 'absent'))
    or (old.state = 'unknown' and new.state in ('succeeded', 'failed', 'absent', 'sent'))
    or (old.state = 'absent' and new.state in ('sent'))
  ))
  execute function refuse_illegal_move();

create or replace trigger worker_moves_legally before update of state on worker for each row
  when (old.state is distinct from new.state and not (
       (old.state = 'starting' and new.state in ('ready', 'draining', 'dead'))
    or (old.state = 'ready' and new.state in ('draining', 'dead'))
    or (old.state = 'draining' and new.state in ('dead'))
  ))
  execute function refuse_illegal_move();

create or replace trigger permit_moves_legally before update of state on permit for each row
  when (old.state is distinct from new.state and not (
       (old.state = 'pending' and new.state in ('granted', 'denied', 'void'))
  ))
  execute function refuse_illegal_move();

-- History is only ever added to, and goes with its task: retention removes the task first, in the same transaction.

create or replace function refuse_rewriting() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if not exists (select from task where id = old.task_id) then
      return old;
    end if;
  end if;
  raise exception 'A row of % is never changed or removed.', tg_table_name
    using errcode = '23514', table = tg_table_name, constraint = tg_name;
end
$$;

create or replace trigger event_is_append_only before update or delete on event for each row
  execute function refuse_rewriting();
create or replace trigger event_is_not_emptied before truncate on event for each statement
  execute function refuse_rewriting();

create or replace trigger sending_is_append_only before update or delete on sending for each row
  execute function refuse_rewriting();
create or replace trigger sending_is_not_emptied before truncate on sending for each statement
  execute function refuse_rewriting();

create or replace trigger evidence_is_append_only before update or delete on evidence for each row
  execute function refuse_rewriting();
create or replace trigger evidence_is_not_emptied before truncate on evidence for each statement
  execute function refuse_rewriting();

create or replace trigger verdict_is_append_only before update or delete on verdict for each row
  execute function refuse_rewriting();
create or replace trigger verdict_is_not_emptied before truncate on verdict for each statement
  execute function refuse_rewriting();
