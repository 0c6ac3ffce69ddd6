import type { NamedSql } from '@muster/persistence';

/**
 * Settles what was answered and intends what goes next, in one statement. Invariants: an operation is `sent` only where
 * its step is dispatched at this epoch, its needs are met, its task is not withdrawn and its tool is granted at the pinned
 * contract, and with a person's permit for these very bytes where one is needed; each (step, epoch) is claimed at most once; all sendings carry the same bytes; a definite answer settles an
 * operation only where no other sending of it is in doubt; what must not be sent again never is.
 * Locks are taken tasks first, then steps, then operations, each in id order. The statement may be repeated.
 */
export const ADVANCE: NamedSql = {
  name: 'ledger.advance',
  text: `
with c_in as materialized (
  select * from unnest($2::int[], $3::uuid[], $4::int[], $5::uuid[], $6::text[], $7::text[], $8::bytea[], $9::bytea[], $26::bigint[])
    as c(ord, step_id, epoch, operation_id, contract_hash, effect, request, request_hash, resend_within_ms)
), s_in as materialized (
  select * from unnest($10::int[], $11::uuid[], $12::int[], $13::text[], $14::bytea[], $15::bytea[], $16::boolean[], $17::text[], $18::text[], $19::int[])
    as s(ord, operation_id, sending, state, response, response_hash, output_valid, code, message, retry_after_ms)
), a_in as materialized (
  select * from unnest($20::uuid[], $21::text[], $22::text[], $23::text[], $24::bytea[], $25::int[])
    as a(operation_id, name, media_type, hash, content, sending)
), c_step as materialized (
  select c_in.*, s.task_id from c_in join step s on s.id = c_in.step_id
), t_lock as materialized (
  select t.id, t.tenant_id, t.fence, t.state, t.withdrawal, t.granted_hashes from task t
  where t.id = any(array(select task_id from c_step)) order by t.id for key share
), st_lock as materialized (
  select s.id, s.task_id, s.key, s.tool, s.state, s.epoch, s.waiting_on, s.after_step, s.contract_hash, s.permit from step s
  where (select count(*) from t_lock) >= 0 and s.id = any(array(select step_id from c_in)) order by s.id for no key update
), op_lock as materialized (
  select o.id, o.step_id, o.state, o.sending, o.doubt, o.epoch, o.worker_id, o.fence, o.effect, o.request_hash, o.response_hash, o.code,
    o.response, o.first_sent_at, o.sent_at, o.ended_at, o.task_id, o.output_valid, o.permit_id
  from operation o
  where (select count(*) from st_lock) >= 0 and o.id = any(array(select operation_id from s_in union all select operation_id from c_in))
  order by o.id for no key update
), fates as materialized (
  select s_in.*, l.task_id, l.effect,
    case when s_in.state in ('failed', 'absent') and l.doubt > 0 then 'unknown' else s_in.state end as fate,
    case
      when l.sending = s_in.sending and (l.state = 'sent' or (l.state = 'unknown' and l.effect <> 'transactional')) then 'settles'
      when l.sending = s_in.sending and l.state = s_in.state then 'repeated'
      else 'late'
    end as how
  from s_in join op_lock l on l.id = s_in.operation_id
), settled as (
  update operation o set
    state = f.fate, response = f.response, response_hash = f.response_hash, output_valid = f.output_valid, code = f.code, message = f.message,
    retry_after = now() + f.retry_after_ms * interval '1 millisecond', ended_at = now(),
    resolver = case when f.fate in ('succeeded', 'failed', 'absent') then 'answer' end,
    settled_at = case when f.fate in ('succeeded', 'failed', 'absent') then now() end
  from fates f where o.id = f.operation_id and f.how = 'settles'
  returning o.id, o.step_id, o.state, o.output_valid
), late as (
  insert into sending (operation_id, sending, task_id, worker_id, epoch, fence, request_hash, outcome, code, response, sent_at, ended_at, late)
  select l.id, f.sending, l.task_id, $1::uuid, l.epoch, l.fence, l.request_hash, f.state, f.code, f.response, l.sent_at, now(), true
  from fates f join op_lock l on l.id = f.operation_id where f.how = 'late' and f.effect <> 'transactional'
  on conflict do nothing
), written as (
  insert into artifact (tenant_id, hash, size, media_type, content)
  select distinct on (o.tenant_id, a.hash) o.tenant_id, a.hash, length(a.content), a.media_type, a.content
  from a_in a join settled on settled.id = a.operation_id and settled.state = 'succeeded' join operation o on o.id = a.operation_id
  on conflict do nothing
), linked as (
  insert into artifact_link (task_id, step_id, operation_id, tenant_id, name, hash, size, media_type)
  select o.task_id, o.step_id, o.id, o.tenant_id, a.name, a.hash, length(a.content), a.media_type
  from a_in a join settled on settled.id = a.operation_id and settled.state = 'succeeded' join operation o on o.id = a.operation_id
  on conflict do nothing
), live as materialized (
  select exists (select 1 from worker w where w.id = $1::uuid and w.state <> 'dead' and w.given_up_at is null) as yes
), permits as materialized (
  select distinct on (p.operation_id) p.operation_id, p.id from permit p join c_in on c_in.operation_id = p.operation_id and c_in.request_hash = p.request_hash
  where (select bool_or(permit) from st_lock) and p.operation_id = any(array(select operation_id from c_in)) and p.state = 'granted' and p.expires_at > now()
  order by p.operation_id, p.id
), judged as materialized (
  select c.*, permits.id as permit_id, s.key, s.tool, t.tenant_id, t.fence, coalesce(l.sending, 0) as last_sending, coalesce(l.doubt, 0) as last_doubt, l.state as last_state,
    case
      when s.id is null or t.id is null then 'stale'
      when not live.yes then 'worker_given_up'
      when t.withdrawal is not null or t.state not in ('running', 'planning') then 'withdrawn'
      when s.state <> 'dispatched' or s.epoch <> c.epoch then 'stale'
      -- The statement repeated, or a message that came again: then a resend may by now be past its window as well.
      when l.epoch = c.epoch and l.state = 'sent' and l.worker_id = $1::uuid and not (l.doubt > 0 and c.effect = 'keyed'
        and coalesce(now() > l.first_sent_at + c.resend_within_ms * interval '1 millisecond', false)) then 'again'
      when l.id is not null and (l.epoch >= c.epoch or l.state in ('sent', 'succeeded', 'failed')) then 'stale'
      when c.contract_hash <> s.contract_hash or not (s.contract_hash = any(t.granted_hashes)) then 'not_granted'
      when l.request_hash <> c.request_hash then 'request_changed'
      when l.state = 'unknown' and c.effect not in ('none', 'keyed') then 'stale'
      -- However late a message is claimed: past its window the tool may take the same key for a new call.
      when l.state = 'unknown' and c.effect = 'keyed' and now() > l.first_sent_at + c.resend_within_ms * interval '1 millisecond' then 'stale'
      when s.permit and l.permit_id is null and permits.id is null then case when s.waiting_on = 0 then 'permit_required' else 'early' end
      when s.waiting_on = 0 then 'go'
      when s.waiting_on = 1 and s.after_step is not null and (
        exists (select 1 from settled d where d.step_id = s.after_step and d.state = 'succeeded' and d.output_valid)
        or coalesce((select true from operation p where p.step_id = s.after_step and p.state = 'succeeded' and p.output_valid limit 1), false)) then 'go'
      else 'early'
    end as verdict
  from c_step c
  cross join live
  left join st_lock s on s.id = c.step_id
  left join t_lock t on t.id = c.task_id
  left join op_lock l on l.id = c.operation_id
  left join permits on permits.operation_id = c.operation_id
), kept as (
  insert into sending (operation_id, sending, task_id, worker_id, epoch, fence, request_hash, outcome, code, response, sent_at, ended_at)
  select l.id, l.sending, l.task_id, l.worker_id, l.epoch, l.fence, l.request_hash, l.state, l.code, l.response, l.sent_at, l.ended_at
  from judged j join op_lock l on l.id = j.operation_id where j.verdict = 'go'
  on conflict do nothing
), intended as (
  insert into operation (id, task_id, tenant_id, step_id, step_key, tool, contract_hash, effect, state, sending, doubt, epoch, worker_id, fence,
    request, request_hash, first_sent_at, sent_at, permit_id)
  select j.operation_id, j.task_id, j.tenant_id, j.step_id, j.key, j.tool, j.contract_hash, j.effect, 'sent', j.last_sending + 1,
    j.last_doubt + (case when j.last_state = 'unknown' and j.effect <> 'none' then 1 else 0 end), j.epoch, $1::uuid, j.fence,
    j.request, j.request_hash, now(), now(), j.permit_id
  from judged j where j.verdict = 'go' order by j.operation_id
  on conflict (id) do update set
    state = 'sent', sending = excluded.sending, doubt = excluded.doubt, epoch = excluded.epoch, worker_id = excluded.worker_id, fence = excluded.fence,
    sent_at = now(), response = null, response_hash = null, output_valid = null, resolver = null, code = null, message = null,
    retry_after = null, ended_at = null, settled_at = null, permit_id = coalesce(operation.permit_id, excluded.permit_id)
  where operation.epoch < excluded.epoch and operation.sending = excluded.sending - 1 and operation.request_hash = excluded.request_hash
    and (operation.state = 'absent' or (operation.state = 'unknown' and operation.effect in ('none', 'keyed')))
  returning id, sending
)
select 'claim' as kind, j.ord,
  case when j.verdict = 'again' or intended.id is not null then 'claimed' when j.verdict = 'go' then 'stale' else j.verdict end as result,
  coalesce(intended.sending, j.last_sending) as sending
from judged j left join intended on intended.id = j.operation_id
union all
select 'settle', f.ord, case when f.how = 'settles' then f.fate else f.how end, f.sending from fates f`,
};

/**
 * What the executor has to know of the steps it was woken for; read without locks, the claim judges anew. A task's input
 * comes with the first of its steps alone: it may be large, and hundreds of steps may ask at once.
 */
export const PREPARE: NamedSql = {
  name: 'ledger.prepare',
  text: `
select s.id as step_id, s.task_id, s.tenant_id, s.key, s.parent_id, s.item_index, s.plan_index, s.item, s.state, s.epoch, s.operation_id, s.contract_hash, s.lane,
  t.plan_hash, case when row_number() over (partition by s.task_id order by s.id) = 1 then t.input end as input,
  t.deadline_at, t.withdrawal, o.request, o.state as operation_state, o.sending, o.epoch as operation_epoch
from step s
cross join lateral (select plan_hash, input, deadline_at, withdrawal from task where id = s.task_id limit 1) t
left join lateral (select request, state, sending, epoch from operation where id = s.operation_id limit 1) o on true
where s.id = any($1::uuid[])`,
};

/**
 * Why a claim was not made, for the coordinator to fold. The first word per dispatch stands; of a task that was removed
 * after its end nobody says anything more.
 */
export const REFUSE: NamedSql = {
  name: 'ledger.refuse',
  text: `
with t_lock as materialized (
  select t.id from task t where t.id = any($4::uuid[]) order by t.id for key share
)
insert into refusal (step_id, epoch, task_id, code, message, request, worker_id)
select r.step_id, r.epoch, r.task_id, r.code, r.message, r.request, $1::uuid
from unnest($2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::text[], $7::bytea[]) as r(step_id, epoch, task_id, code, message, request)
join t_lock on t_lock.id = r.task_id
order by r.step_id
on conflict do nothing`,
};

/** Which of these tasks were withdrawn: their calls have to be let go. */
export const WITHDRAWN: NamedSql = {
  name: 'ledger.withdrawn',
  text: 'select id from task where id = any($1::uuid[]) and withdrawal is not null',
};
