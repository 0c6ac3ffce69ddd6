-- Agents: their contracts, and their calls, which are steps like those of a plan.

-- Which contract a name and version of a tenant stand for: the same rules as for tools.
create table agent (
  tenant_id text not null references tenant,
  name text not null,
  version text not null,
  contract_hash text not null references contract,
  registered_at timestamptz not null default now(),
  first_used_at timestamptz,
  primary key (tenant_id, name, version)
);
create index agent_latest on agent (tenant_id, name, registered_at desc);

grant select on agent to muster_coordinator, muster_planner, muster_executor, muster_verifier, muster_console;
grant insert, update on agent to muster_coordinator;

-- What a step calls.
alter table step add column kind text not null default 'tool' check (kind in ('tool','agent','model'));
-- Sorts the steps under one node of the plan: items of a forEach and calls of agents, each behind what it belongs to.
alter table step add column place text collate "C" not null default '';
-- Of an agent and its calls: what was used and what is reserved, as {modelCalls, toolCalls, tokens, costMicros}.
alter table step add column spent text not null default '{}';
update step set place = lpad(item_index::text, 5, '0') where item_index is not null;

drop index step_in_plan_order;
create unique index step_in_plan_order on step (task_id, plan_index, place, plan_revision);

alter table task add column model_calls integer not null default 0 check (model_calls >= 0);
alter table task add column tokens bigint not null default 0 check (tokens >= 0);
-- Millionths of a US dollar: sums of fractions would drift.
alter table task add column cost_micros bigint not null default 0 check (cost_micros >= 0);
