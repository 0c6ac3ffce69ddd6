-- Skills: plan templates. A version that a task was accepted on stands for one template for ever, as with tools.
create table skill (
  tenant_id text not null references tenant,
  name text not null,
  version text not null,
  hash text not null,
  document text not null,
  registered_at timestamptz not null default now(),
  first_used_at timestamptz,
  primary key (tenant_id, name, version)
);
create index skill_latest on skill (tenant_id, name, registered_at desc);

grant select on skill to muster_coordinator, muster_planner, muster_executor, muster_verifier, muster_console;
grant insert, update on skill to muster_coordinator;

-- The skill that a task was asked for by name: name@version.
alter table task add column skill text;
