-- Permits: a person's single-use approval of one exact operation, by the bytes that are to be sent.
create table permit (
  id uuid primary key,
  tenant_id text not null references tenant,
  task_id uuid not null,
  step_id uuid not null,
  step_key text not null,
  operation_id uuid not null,
  tool text not null,
  contract_hash text not null references contract,
  request bytea not null,
  request_hash bytea not null check (request_hash = sha256(request)),
  state text not null check (state in ('pending','granted','denied','void')),
  requested_at timestamptz not null default now(),
  decided_at timestamptz,
  decided_by uuid references api_key,
  reason text,
  -- Counted at the first sending: a resend of the same bytes needs no new permit.
  expires_at timestamptz,
  constraint permit_decided_by_somebody check ((state in ('granted','denied')) = (decided_at is not null)),
  constraint permit_granted_for_a_time check ((state = 'granted') = (expires_at is not null))
);
-- One question at a time about one operation.
create unique index permit_asked_once on permit (operation_id) where state = 'pending';
create index permit_granted on permit (operation_id) where state = 'granted';
create index permit_newest on permit (tenant_id, id desc);
create index permit_of_task on permit (task_id);

grant select on permit to muster_coordinator, muster_planner, muster_executor, muster_verifier, muster_console;
grant insert on permit to muster_coordinator;
grant update (state, decided_at, decided_by, reason, expires_at) on permit to muster_coordinator;

-- The permit that an operation was sent with; it releases that one operation, once.
alter table operation add column permit_id uuid references permit;
create unique index operation_permit on operation (permit_id) where permit_id is not null;

-- No operation of the step is sent without a permit.
alter table step add column permit boolean not null default false;

-- The bytes that a claim without a permit would have sent: what a person is asked about.
alter table refusal add column request bytea;
