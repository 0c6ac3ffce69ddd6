-- The authoritative state of Muster. Read docs/README.md first; who may write what stands in the next migration.
-- Bodies are bytes and JSON is text, kept exactly as it came: jsonb refuses U+0000, reorders keys and rounds numbers.

create table tenant (
  id text primary key,
  name text not null,
  created_at timestamptz not null default now()
);

create table api_key (
  id uuid primary key,
  tenant_id text not null references tenant,
  label text not null,
  key_hash bytea not null unique,
  scopes text[] not null,
  rate_limited boolean not null default true,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

-- Contracts are content: a hash names one for ever, so that a plan's pin can always be resolved.
create table contract (
  hash text primary key,
  document text not null,
  created_at timestamptz not null default now()
);

create table tool (
  tenant_id text not null references tenant,
  name text not null,
  version text not null,
  contract_hash text not null references contract,
  registered_at timestamptz not null default now(),
  first_used_at timestamptz,
  primary key (tenant_id, name, version)
);
create index tool_latest on tool (tenant_id, name, registered_at desc);

create table plan (
  hash text primary key,
  body text not null,
  steps integer not null check (steps > 0),
  created_at timestamptz not null default now()
);

create table task (
  id uuid primary key,
  tenant_id text not null,
  state text not null check (state in ('accepted','planning','running','verifying','compensating','completed','failed','cancelled')),
  revision integer not null,
  fence integer not null default 0,
  withdrawal text check (withdrawal in ('cancel','deadline')),
  withdrawn_at timestamptz,
  event_seq integer not null,
  event_hash bytea not null,
  goal text,
  input text not null default 'null',
  plan_revision integer not null default 0,
  plan_hash text,
  steps_total integer not null default 0,
  open_steps integer not null default 0 check (open_steps >= 0),
  tool_calls integer not null default 0,
  grants text[] not null default '{}',
  granted_hashes text[] not null default '{}',
  criteria text not null default '[]',
  criteria_count integer not null default 0,
  invariants text not null default '[]',
  budget text not null default '{}',
  autonomy text not null default 'workflow',
  priority smallint not null default 5,
  labels jsonb not null default '{}',
  webhook_url text,
  idempotency_key text,
  body_hash text,
  api_key_id uuid,
  output text,
  failure text,
  conditions text not null default '[]',
  verdict_id uuid,
  deadline_at timestamptz,
  due_at timestamptz,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  -- Completion without evidence is refused here, whoever asks: no open step, no failure, and where criteria were
  -- declared the passed verdict that says they hold.
  constraint task_completed_on_evidence check (
    state <> 'completed' or (open_steps = 0 and failure is null and withdrawal is null
      and (criteria_count = 0 or verdict_id is not null))),
  constraint task_terminal_is_finished check ((state in ('completed','failed','cancelled')) = (finished_at is not null)),
  constraint task_withdrawal_is_timed check ((withdrawal is null) = (withdrawn_at is null))
);
create unique index task_idempotency on task (tenant_id, idempotency_key) where idempotency_key is not null;
create index task_newest on task (tenant_id, id desc);
create index task_by_state on task (tenant_id, state, id desc);
create index task_labels on task using gin (labels jsonb_path_ops);
create index task_due on task (due_at) where due_at is not null;

create table task_plan (
  task_id uuid not null references task on delete cascade,
  revision integer not null,
  plan_hash text not null references plan,
  source text not null,
  active boolean not null,
  accepted_at timestamptz not null default now(),
  primary key (task_id, revision)
);
create unique index task_plan_active on task_plan (task_id) where active;

create table step (
  id uuid primary key,
  task_id uuid not null,
  tenant_id text not null,
  key text not null,
  plan_index integer not null,
  item_index integer,
  parent_id uuid,
  plan_revision integer not null,
  tool text not null,
  contract_hash text not null,
  lane text not null,
  priority smallint not null,
  state text not null check (state in ('pending','ready','dispatched','waiting','verifying','parked','succeeded','failed','skipped','cancelled','compensated')),
  epoch integer not null default 0,
  rings smallint not null default 0,
  waiting_on integer not null check (waiting_on >= 0),
  needs uuid[] not null default '{}',
  dependants uuid[] not null default '{}',
  after_step uuid,
  operation_id uuid not null,
  condition text not null default 'null',
  item text,
  attempts text not null default '{}',
  failure text,
  due_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz
);
create unique index step_in_plan_order on step (task_id, plan_index, coalesce(item_index, -1), plan_revision);
create index step_due on step (due_at) where due_at is not null;
create index step_backlog on step (tenant_id, priority desc, id) where state = 'ready';
create index step_in_flight on step (tenant_id) where state = 'dispatched';
create index step_parked on step (operation_id) where state = 'parked';
create index step_items on step (parent_id, item_index) where parent_id is not null;

create table worker (
  id uuid primary key,
  service text not null,
  pid integer not null,
  host text not null,
  lanes text[] not null default '{}',
  state text not null check (state in ('starting','ready','draining','dead')),
  lock_key bigint not null,
  started_at timestamptz not null default now(),
  leased_until timestamptz not null,
  last_job_at timestamptz,
  -- When a coordinator first missed this worker's advisory lock; cleared when it is back.
  lock_missed_at timestamptz,
  -- The end that somebody saw: a clean exit, or the parent's report. Only this counts as the end of a probed sending.
  ended_at timestamptz,
  end_kind text check (end_kind in ('exit','report')),
  -- When a coordinator gave the worker up (seen end, fallen lock, lease run out).
  given_up_at timestamptz
);
create index worker_live on worker (service) where state <> 'dead';

create table operation (
  id uuid primary key,
  task_id uuid not null,
  tenant_id text not null,
  step_id uuid not null,
  step_key text not null,
  call integer not null default 0,
  tool text not null,
  contract_hash text not null,
  effect text not null check (effect in ('none','transactional','keyed','probed','opaque')),
  state text not null check (state in ('sent','succeeded','failed','unknown','absent')),
  sending integer not null,
  -- Earlier sendings whose fate nobody knows; a definite answer to this one says nothing about them.
  doubt integer not null default 0,
  -- Released for one more sending by a person or by proof; an opaque operation is never sent again without it.
  releases integer not null default 0,
  epoch integer not null,
  worker_id uuid not null,
  fence integer not null,
  request bytea not null,
  request_hash bytea not null,
  response bytea,
  response_hash bytea,
  output_valid boolean,
  resolver text,
  code text,
  message text,
  retry_after timestamptz,
  first_sent_at timestamptz not null,
  sent_at timestamptz not null,
  -- The end of the current sending, recorded by the sender itself: it closed the socket.
  ended_at timestamptz,
  settled_at timestamptz,
  constraint operation_settled_has_answer check (
    state not in ('succeeded') or (response_hash is not null and resolver is not null and settled_at is not null)),
  constraint operation_failed_has_resolver check (state <> 'failed' or (resolver is not null and settled_at is not null)),
  constraint operation_failed_beyond_doubt check (state <> 'failed' or doubt = 0)
);
create index operation_of_task on operation (task_id, first_sent_at, id);
create index operation_of_step on operation (step_id, call);
create index operation_sent_by on operation (worker_id) where state = 'sent';

-- Sending n, kept when sending n+1 is intended or when a late answer to it comes. Append-only.
create table sending (
  operation_id uuid not null,
  sending integer not null,
  task_id uuid not null,
  worker_id uuid not null,
  epoch integer not null,
  fence integer not null,
  request_hash bytea not null,
  outcome text not null check (outcome in ('succeeded','failed','unknown','absent')),
  code text,
  response bytea,
  sent_at timestamptz not null,
  ended_at timestamptz,
  recorded_at timestamptz not null default now(),
  late boolean not null default false,
  primary key (operation_id, sending, late)
);

create table evidence (
  id uuid primary key,
  tenant_id text not null,
  task_id uuid not null,
  step_id uuid,
  operation_id uuid,
  kind text not null check (kind in ('probe','read-back','resolution','late-answer','criteria')),
  began_at timestamptz not null,
  at timestamptz not null default now(),
  -- For a probe: happened, absent or inconclusive.
  finding text not null,
  body bytea,
  detail text not null default '{}'
);
create index evidence_of_operation on evidence (operation_id, at) where operation_id is not null;
create index evidence_of_task on evidence (task_id, at);

-- Why a claim was not made: the executor's word, for which there is no operation. One per dispatch.
create table refusal (
  step_id uuid not null,
  epoch integer not null,
  task_id uuid not null,
  code text not null,
  message text not null,
  worker_id uuid not null,
  at timestamptz not null default now(),
  primary key (step_id, epoch)
);

create table verdict (
  id uuid primary key,
  tenant_id text not null,
  task_id uuid not null,
  step_id uuid,
  round integer not null,
  passed boolean not null,
  code text not null,
  message text not null,
  evidence_ids uuid[] not null default '{}',
  findings text not null default '[]',
  at timestamptz not null default now()
);
create unique index verdict_first_per_step on verdict (step_id, round) where step_id is not null;
create unique index verdict_first_per_task on verdict (task_id, round) where step_id is null;

create table artifact (
  tenant_id text not null,
  hash text not null,
  size integer not null,
  media_type text not null,
  content bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, hash)
);

create table artifact_link (
  task_id uuid not null,
  step_id uuid not null,
  operation_id uuid not null,
  tenant_id text not null,
  name text not null,
  hash text not null,
  size integer not null,
  media_type text not null,
  created_at timestamptz not null default now(),
  primary key (task_id, step_id, name)
);

create table event (
  task_id uuid not null,
  seq integer not null check (seq > 0),
  tenant_id text not null,
  type text not null,
  at timestamptz not null,
  data text not null,
  hash bytea not null,
  primary key (task_id, seq)
);

create table breaker (
  tenant_id text not null,
  tool text not null,
  worker_id uuid not null,
  state text not null check (state in ('closed','open','half-open')),
  failures integer not null default 0,
  successes integer not null default 0,
  rejects integer not null default 0,
  opened_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, tool, worker_id)
);
