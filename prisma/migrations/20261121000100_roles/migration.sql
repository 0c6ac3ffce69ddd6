-- Who may do what (one role per service, granted to the login that migrates). A service connects with the one
-- DATABASE_URL and switches to its role, so that a mistake in one service cannot write another's tables.

-- Roles belong to the whole cluster, and several databases of it may be migrated at the same moment: whoever comes
-- second finds the work done, or meets the first one's row while it is being written and tries again.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['muster_coordinator', 'muster_planner', 'muster_executor', 'muster_verifier', 'muster_console'] loop
    for attempt in 1..20 loop
      begin
        if not exists (select from pg_roles where rolname = wanted) then
          execute format('create role %I nologin', wanted);
        end if;
        if not exists (
          select from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
          where r.rolname = wanted and u.rolname = current_user
        ) then
          execute format('grant %I to current_user', wanted);
        end if;
        exit;
      exception when duplicate_object or unique_violation or internal_error then
        if attempt = 20 then raise; end if;
        perform pg_sleep(0.05 * attempt);
      end;
    end loop;
  end loop;
end
$$;

-- For row locks alone: `for key share` and `for no key update` ask for the right to update some column, and an executor
-- may update none that means anything. Nobody ever writes these.
alter table task add column lock_only boolean;
alter table step add column lock_only boolean;

grant usage on schema public to muster_coordinator, muster_planner, muster_executor, muster_verifier, muster_console;
grant select on all tables in schema public to muster_coordinator, muster_planner, muster_executor, muster_verifier, muster_console;

-- The coordinator: every transition, and the conclusions on operations whose answer will not come by itself.
grant insert, update on task, plan, task_plan, step, event, tool, contract, api_key, tenant to muster_coordinator;
grant update (state, doubt, releases, response, response_hash, output_valid, resolver, code, message, retry_after, ended_at, settled_at)
  on operation to muster_coordinator;
grant insert on sending, evidence to muster_coordinator;
grant insert on worker to muster_coordinator;
grant update on worker to muster_coordinator;

-- The executor: what it sends and what it learns.
grant insert, update on operation, breaker, worker to muster_executor;
grant insert on sending, refusal, artifact, artifact_link, evidence to muster_executor;
grant update (lock_only) on task, step to muster_executor;

-- The planner calls models by the same ledger.
grant insert, update on operation, worker to muster_planner;
grant insert on sending, refusal, artifact, artifact_link, evidence to muster_planner;
grant update (lock_only) on task, step to muster_planner;

-- The verifier: verdicts and what they rest on.
grant insert on verdict, evidence to muster_verifier;
grant insert, update on worker to muster_verifier;

-- History is append-only, whoever asks.
revoke update on event, plan, contract from muster_coordinator;

insert into tenant (id, name) values ('default', 'Default') on conflict (id) do nothing;
