-- The queue door: keys that other systems sign their jobs with, and the dead letters of jobs that were refused.

-- The secret stands here as it is. A signature is an HMAC, and whoever checks one has to compute it, which a hash of the
-- secret does not allow. So the column is the coordinator's alone, the API shows a secret once, when it is made, and no
-- secret signs anything but jobs of its own tenant.
create table intake_key (
  id uuid primary key,
  tenant_id text not null references tenant,
  label text not null,
  secret text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index intake_key_newest on intake_key (tenant_id, id desc);

-- One row for each message that was refused, however often it came: a job that is delivered twice leaves one letter.
create table intake_refusal (
  id uuid primary key,
  -- Of the key that signed the message. Null: nobody's word, for the signature was not good.
  tenant_id text references tenant,
  -- As the message named it.
  key_id text,
  job_id text not null,
  job_name text not null,
  fingerprint bytea not null unique,
  times integer not null default 1,
  received_at timestamptz not null default now(),
  -- The message, whole where it was signed: it is what a redrive submits.
  body text not null,
  problem text not null,
  redriven_at timestamptz,
  task_id uuid,
  constraint intake_refusal_redriven_has_task check ((redriven_at is null) = (task_id is null))
);
create index intake_refusal_newest on intake_refusal (tenant_id, id desc);

grant select, insert on intake_key, intake_refusal to muster_coordinator;
grant update (revoked_at) on intake_key to muster_coordinator;
grant update (times, problem, redriven_at, task_id) on intake_refusal to muster_coordinator;
-- Of unsigned messages only the newest are kept: whoever can write to the queue must not fill the disk.
grant delete on intake_refusal to muster_coordinator;

grant select (id, tenant_id, label, created_at, revoked_at) on intake_key to muster_console;
grant select on intake_refusal to muster_console;
