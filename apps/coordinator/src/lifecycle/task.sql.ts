import type { NamedSql } from '@muster/persistence';

const STEP_COLUMNS = `id uuid, task_id uuid, tenant_id text, key text, plan_index int, item_index int, parent_id uuid, plan_revision int, kind text, place text, spent text, tool text,
    contract_hash text, lane text, priority smallint, permit boolean, state text, epoch int, rings smallint, waiting_on int, needs uuid[], dependants uuid[],
    after_step uuid, operation_id uuid, condition text, item text, attempts text, failure text, due_at timestamptz, started_at timestamptz,
    finished_at timestamptz`;
const STEP_NAMES = STEP_COLUMNS.replace(/ (uuid|text|int|smallint|boolean|timestamptz)(\[\])?(?=,|$)/g, '');

const EVENT_COLUMNS = 'task_id uuid, seq int, tenant_id text, type text, at timestamptz, data text, hash text';

/**
 * Invariant: a submission is accepted once per (tenant, idempotency key), whole or not at all. Answers one row per task
 * that is there now, also when the statement is repeated because its commit's reply was lost; a key that is taken answers
 * none, and the caller reads who has it.
 */
export const SUBMIT: NamedSql = {
  name: 'lifecycle.submit',
  text: `
with plans as (
  insert into plan (hash, body, steps)
  select hash, body, steps from json_to_recordset($1::json) as p(hash text, body text, steps int) order by hash
  on conflict (hash) do nothing
), repeated as materialized (
  select t.id from task t where t.id = any(array(select id from json_to_recordset($2::json) as i(id uuid)))
), accepted as (
  insert into task (id, tenant_id, state, revision, event_seq, event_hash, goal, skill, input, plan_revision, plan_hash, steps_total, open_steps, step_counts, tool_calls,
    grants, granted_hashes, criteria, criteria_count, invariants, budget, autonomy, priority, labels, webhook_url, idempotency_key, body_hash,
    api_key_id, deadline_at, due_at)
  select id, tenant_id, state, 1, event_seq, decode(event_hash, 'hex'), goal, skill, input, plan_revision, plan_hash, steps_total, steps_total, step_counts, tool_calls,
    grants, granted_hashes, criteria, criteria_count, invariants, budget, autonomy, priority, labels, webhook_url, idempotency_key, body_hash,
    api_key_id, deadline_at, deadline_at
  from json_to_recordset($2::json) as t(id uuid, tenant_id text, state text, plan_revision int, event_seq int, event_hash text, goal text, skill text, input text, plan_hash text, steps_total int, step_counts text,
    tool_calls int, grants text[], granted_hashes text[], criteria text, criteria_count int, invariants text, budget text, autonomy text,
    priority smallint, labels jsonb, webhook_url text, idempotency_key text, body_hash text, api_key_id uuid, deadline_at timestamptz)
  where id not in (select id from repeated)
  order by id
  on conflict (tenant_id, idempotency_key) where idempotency_key is not null do nothing
  returning id, plan_hash, plan_revision, goal, skill
), linked as (
  insert into task_plan (task_id, revision, plan_hash, source, active) select id, plan_revision, plan_hash, case when goal is not null then 'goal' when skill is not null then 'skill' else 'caller' end, true
  from accepted
), steps as (
  insert into step (${STEP_NAMES})
  select ${STEP_NAMES} from json_to_recordset($3::json) as s(${STEP_COLUMNS}) where task_id in (select id from accepted)
), events as (
  insert into event (task_id, seq, tenant_id, type, at, data, hash)
  select task_id, seq, tenant_id, type, at, data, decode(hash, 'hex') from json_to_recordset($4::json) as e(${EVENT_COLUMNS})
  where task_id in (select id from accepted)
)
select id from accepted union all select id from repeated`,
};

export const FIND_BY_KEY: NamedSql = {
  name: 'lifecycle.find-by-key',
  text: `select k.tenant_id, k.idempotency_key, t.id, t.body_hash
    from unnest($1::text[], $2::text[]) as k(tenant_id, idempotency_key)
    cross join lateral (
      select id, body_hash from task where tenant_id = k.tenant_id and idempotency_key = k.idempotency_key limit 1
    ) t`,
};

/**
 * Invariants: a decision is written only on the task revision and the operation states it was drawn from, whole or not
 * at all; locks are taken tasks first, then steps, then operations, each in id order. Answers the ids of the tasks that
 * won; the others are loaded and decided again.
 */
const COMMIT_TEXT = `
with t_in as materialized (
  select * from json_to_recordset($1::json) as t(id uuid, expected int, revision int, state text, fence int, withdrawal text,
    withdrawn_at timestamptz, event_seq int, event_hash text, steps_total int, open_steps int, step_counts text, tool_calls int, model_calls int,
    tokens bigint, cost_micros bigint, output text, failure text, conditions text, verdict_id uuid, due_at timestamptz, finished_at timestamptz, closes boolean)
), s_in as materialized (
  select * from json_to_recordset($2::json) as s(id uuid, task_id uuid, state text, epoch int, rings smallint, waiting_on int, after_step uuid, dependants uuid[],
    condition text, attempts text, failure text, due_at timestamptz, started_at timestamptz, finished_at timestamptz,
    operation_id uuid, spent text)
/*[*/), o_in as materialized (
  select * from json_to_recordset($5::json) as o(id uuid, task_id uuid, tenant_id text, step_id uuid, from_state text, from_sending int, state text,
    resolver text, code text, message text, release int, evidence_id uuid, sending int, bytes text, hash text,
    new_evidence uuid, finding text, detail text)
), p_in as materialized (
  select * from json_to_recordset($6::json) as p(task_id uuid, revision int, hash text, body text, steps int, granted text[], criteria_count int, source text)
), m_in as materialized (
  select * from json_to_recordset($7::json) as m(id uuid, task_id uuid, tenant_id text, state text, step_id uuid, step_key text, operation_id uuid, tool text,
    contract_hash text, epoch int, decided_by uuid, reason text, expires_in_ms bigint)
/*]*/), t_lock as materialized (
  select t.id, t.revision from task t where t.id = any(array(select id from t_in)) order by t.id /* lock */
), s_lock as materialized (
  select s.id from step s
  where (select count(*) from t_lock) >= 0 and s.id = any(array(
    select id from s_in/*[*/
    union all
    select s2.id from step s2 where s2.task_id = any(array(select id from t_in where closes)) and s2.finished_at is null/*]*/))
  order by s.id for no key update
/*[*/), o_lock as materialized (
  select o.id, o.state, o.sending from operation o
  where (select count(*) from s_lock) >= 0 and o.id = any(array(select id from o_in)) order by o.id for no key update
/*]*/), won as materialized (
  select t_in.* from t_in join t_lock on t_lock.id = t_in.id and t_lock.revision = t_in.expected
  where (select count(*) from s_lock) >= 0/*[*/ and not exists (
    select 1 from o_in left join o_lock on o_lock.id = o_in.id
    where o_in.task_id = t_in.id and (o_lock.id is null or o_lock.state <> o_in.from_state or o_lock.sending <> o_in.from_sending))/*]*/
/*[*/), concluded as (
  update operation o set
    state = c.state, resolver = c.resolver, code = c.code, message = c.message,
    doubt = case when c.state = 'absent' then 0 else o.doubt end,
    releases = o.releases + c.release,
    settled_at = case when c.state = 'unknown' then null else now() end,
    response = coalesce(e.body, x.response, decode(c.bytes, 'base64'), o.response),
    response_hash = coalesce(sha256(e.body), sha256(x.response), decode(c.hash, 'hex'), o.response_hash),
    output_valid = null
  from o_in c
  join won on won.id = c.task_id
  left join evidence e on e.id = c.evidence_id
  left join sending x on x.operation_id = c.id and x.sending = c.sending and x.late
  where o.id = c.id
), evidenced as (
  insert into evidence (id, tenant_id, task_id, step_id, operation_id, kind, began_at, finding, detail)
  select c.new_evidence, c.tenant_id, c.task_id, c.step_id, c.id, 'resolution', now(), c.finding, c.detail
  from o_in c join won on won.id = c.task_id where c.new_evidence is not null
/*]*/), moved as (
  update step s set
    state = i.state, epoch = i.epoch, rings = i.rings, waiting_on = i.waiting_on, after_step = i.after_step, condition = i.condition,
    attempts = i.attempts, failure = i.failure, due_at = i.due_at, started_at = i.started_at, finished_at = i.finished_at,
    dependants = coalesce(i.dependants, s.dependants), operation_id = coalesce(i.operation_id, s.operation_id), spent = coalesce(i.spent, s.spent)
  from s_in i join won on won.id = i.task_id
  where s.id = i.id
/*[*/), closed as (
  update step s set state = 'cancelled', condition = '{"kind":"none","reason":"withdrawn"}', due_at = null,
    finished_at = (select finished_at from won where won.id = s.task_id)
  where s.task_id = any(array(select id from won where closes)) and s.finished_at is null and s.id not in (select id from s_in)
), asked as (
  insert into permit (id, tenant_id, task_id, step_id, step_key, operation_id, tool, contract_hash, request, request_hash, state)
  select m.id, m.tenant_id, m.task_id, m.step_id, m.step_key, m.operation_id, m.tool, m.contract_hash, r.request, sha256(r.request), m.state
  from m_in m join won on won.id = m.task_id
  cross join lateral (select request from refusal where step_id = m.step_id and epoch = m.epoch limit 1) r
  where m.state = 'pending'
), answered as (
  update permit p set state = m.state, decided_at = now(), decided_by = m.decided_by, reason = m.reason,
    expires_at = now() + m.expires_in_ms * interval '1 millisecond'
  from m_in m join won on won.id = m.task_id where p.id = m.id and m.state <> 'pending'
), voided as (
  update permit p set state = 'void' where p.task_id = any(array(select id from won where closes)) and p.state = 'pending'
), planned as (
  insert into plan (hash, body, steps)
  select distinct on (p.hash) p.hash, p.body, p.steps from p_in p join won on won.id = p.task_id order by p.hash
  on conflict (hash) do nothing
), retired as (
  update task_plan set active = false where active and task_id = any(array(select p.task_id from p_in p join won on won.id = p.task_id))
  returning task_id
), linked as (
  insert into task_plan (task_id, revision, plan_hash, source, active)
  select p.task_id, p.revision, p.hash, p.source, true
  from p_in p join won on won.id = p.task_id where (select count(*) from retired) >= 0
/*]*/), items as (
  insert into step (${STEP_NAMES})
  select ${STEP_NAMES.split(',')
    .map((name) => `s.${name.trim()}`)
    .join(', ')}
  from json_to_recordset($3::json) as s(${STEP_COLUMNS}) join won on won.id = s.task_id
), told as (
  insert into event (task_id, seq, tenant_id, type, at, data, hash)
  select e.task_id, e.seq, e.tenant_id, e.type, e.at, e.data, decode(e.hash, 'hex')
  from json_to_recordset($4::json) as e(${EVENT_COLUMNS}) join won on won.id = e.task_id
), written as (
  update task t set
    revision = won.revision, state = won.state, fence = won.fence, withdrawal = won.withdrawal, withdrawn_at = won.withdrawn_at,
    event_seq = won.event_seq, event_hash = decode(won.event_hash, 'hex'), steps_total = won.steps_total, open_steps = won.open_steps, step_counts = won.step_counts,
    tool_calls = won.tool_calls, model_calls = won.model_calls, tokens = won.tokens, cost_micros = won.cost_micros, output = won.output, failure = won.failure, conditions = won.conditions, verdict_id = won.verdict_id,
    due_at = won.due_at, finished_at = won.finished_at/*[*/,
    plan_revision = coalesce(p.revision, t.plan_revision), plan_hash = coalesce(p.hash, t.plan_hash),
    criteria_count = coalesce(p.criteria_count, t.criteria_count),
    granted_hashes = case when p.hash is null then t.granted_hashes
      else array(select distinct unnest(t.granted_hashes || p.granted)) end/*]*/
  from won/*[*/ left join p_in p on p.task_id = won.id/*]*/ where t.id = won.id
)
select id from won`;

const CLAIMS_GO_ON = 'for no key update';
/** The parts that most decisions have nothing for. */
const RARE_PARTS = /\/\*\[\*\/.*?\/\*\]\*\//gs;

/**
 * Of decisions that move steps and tell of it, as most do: the parts that would find nothing to do are left out, since
 * every part of a statement costs, whether it does anything or not.
 */
export const COMMIT: NamedSql = {
  name: 'lifecycle.commit',
  text: COMMIT_TEXT.replace(RARE_PARTS, '').replace('/* lock */', CLAIMS_GO_ON),
};
/** Of any decisions: with conclusions, permits, another plan, steps to be closed. */
export const COMMIT_WHOLE: NamedSql = {
  name: 'lifecycle.commit:whole',
  text: COMMIT_TEXT.replace('/* lock */', CLAIMS_GO_ON),
};
/** For batches that withdraw a task: conflicts with the share lock of every claim, so that no claim commits behind it. */
export const COMMIT_WITHDRAWAL: NamedSql = {
  name: 'lifecycle.commit-withdrawal',
  text: COMMIT_TEXT.replace('/* lock */', 'for update'),
};

/** What is past due: steps and tasks whose answer ought to have come, and parked steps whose answer came after all. */
export const SWEEP_DUE: NamedSql = {
  name: 'sweep.due',
  text: `
(select id as step_id, null::uuid as task_id from step where due_at <= now() order by due_at limit $1)
union all
(select null, id from task where due_at <= now() order by due_at limit $1)
union all
(select s.id, null from step s join operation o on o.id = s.operation_id
  where s.state = 'parked' and (o.state <> 'unknown' or exists (
    select 1 from sending x where x.operation_id = o.id and x.late and x.outcome = 'succeeded'))
  limit $1)`,
};

/** How long until the next row is due, in milliseconds; null while nothing waits for a time. */
export const SWEEP_NEXT: NamedSql = {
  name: 'sweep.next',
  text: `
select extract(epoch from least(
  (select min(due_at) from step where due_at > now()),
  (select min(due_at) from task where due_at > now())) - clock_timestamp())::float8 * 1000 as wait_ms`,
};

/** Calls in flight whose sender is gone, by its seen end, its fallen lock or its lease. */
export const SWEEP_LOST: NamedSql = {
  name: 'sweep.lost',
  text: `
select o.step_id from operation o join worker w on w.id = o.worker_id
where o.state = 'sent' and (
  w.ended_at is not null or w.leased_until < now() or w.lock_missed_at < now() - $1 * interval '1 millisecond')
limit $2`,
};

/** Notes whose advisory lock is missing, and who has it back. */
export const SWEEP_LOCKS: NamedSql = {
  name: 'sweep.locks',
  text: `
with held as materialized (
  select (classid::bigint << 32) | objid::bigint as lock_key from pg_locks
  where locktype = 'advisory' and objsubid = 1 and granted and database = (select oid from pg_database where datname = current_database())
), seen as (
  select w.id, w.lock_missed_at, (w.lock_key in (select lock_key from held)) as holds from worker w where w.state <> 'dead'
)
update worker w set lock_missed_at = case when seen.holds then null else now() end
from seen
where w.id = seen.id and (seen.holds = (seen.lock_missed_at is not null)) and w.state <> 'starting'
returning w.id, w.service, seen.holds`,
};

/** Gives up workers that are gone, once each, also those whose end was reported: what they held in memory has to be rung again. */
export const SWEEP_GIVE_UP: NamedSql = {
  name: 'sweep.give-up',
  text: `
update worker w set state = 'dead', given_up_at = now()
where w.given_up_at is null and (
  w.ended_at is not null or w.leased_until < now() or w.lock_missed_at < now() - $1 * interval '1 millisecond')
returning w.id, w.service, w.ended_at is not null as ended`,
};

/**
 * What a process that is gone may have held in memory, or not have rung any more, and what a queue that was away has
 * lost, is looked at again at once: steps that nobody claimed, answers that nobody heard, verdicts that nobody gave.
 */
export const SWEEP_HURRY: NamedSql = {
  name: 'sweep.hurry',
  text: `
with tasks as (
  update task set due_at = now()
  where id in (select t.id from task t where t.state = 'verifying' and t.due_at > now() order by t.id for no key update)
)
update step set due_at = now()
where id in (
  select s.id from step s
  where s.due_at > now() and (s.state = 'verifying'
    or (s.state = 'dispatched'
      and not exists (select 1 from operation o where o.id = s.operation_id and o.epoch >= s.epoch and o.state = 'sent')))
  order by s.id for no key update)`,
};

export const BACKLOG: NamedSql = {
  name: 'window.backlog',
  text: `
select s.id from unnest($1::text[], $2::int[]) as w(tenant_id, room)
cross join lateral (
  select id from step where state = 'ready' and tenant_id = w.tenant_id order by priority desc, id limit w.room
) s`,
};

export const IN_FLIGHT: NamedSql = {
  name: 'window.in-flight',
  text: `
select tenant_id, sum(dispatched)::int as dispatched, sum(ready)::int as ready from (
  select tenant_id, count(*) as dispatched, 0 as ready from step where state = 'dispatched' group by tenant_id
  union all
  select tenant_id, 0, count(*) from step where state = 'ready' group by tenant_id
) counts group by tenant_id`,
};

/** How many executors take from each lane. */
export const EXECUTORS: NamedSql = {
  name: 'sweep.executors',
  text: `
select lane, count(*)::int as executors from worker cross join lateral unnest(lanes) as lane
where service = 'executor' and state = 'ready' and given_up_at is null group by lane`,
};
