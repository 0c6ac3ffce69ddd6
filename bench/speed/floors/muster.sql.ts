/** How long an answer may take before a sweep would ask for it; it stands in an index, which costs. */
const DUE = `now() + interval '5 seconds'`;

/** How many steps stand in each state; those that were ever called have succeeded or are dispatched. */
const countsOf = (total: string, open: string, called: string): string =>
  `jsonb_strip_nulls(jsonb_build_object('pending', nullif(${total} - ${called}, 0),
    'dispatched', nullif(${called} - (${total} - ${open}), 0), 'succeeded', nullif(${total} - ${open}, 0)))::text`;

/** Events from arrays that begin with the parameter of this number; `at`: of when they tell. */
const eventsFrom = (first: number, at: string): string => `
  insert into event (task_id, seq, tenant_id, type, at, data, hash)
  select task_id, seq, 'default', type, ${at}::timestamptz, data, decode(hash, 'hex')
  from unnest($${first}::uuid[], $${first + 1}::int[], $${first + 2}::text[], $${first + 3}::text[], $${first + 4}::text[])
    as e(task_id, seq, type, data, hash)`;

/** A row per table and part as Muster's own statements write it, without what they check and join. */
export const SUBMIT = {
  name: 'floor.submit',
  text: `
with planned as (
  insert into plan (hash, body, steps) values ($1, $2, $3::int) on conflict (hash) do nothing
), accepted as (
  insert into task (id, tenant_id, state, revision, event_seq, event_hash, plan_revision, plan_hash, steps_total, open_steps, tool_calls, step_counts, granted_hashes)
  select id, 'default', 'running', 1, event_seq, decode(event_hash, 'hex'), 1, $1, $3::int, $3::int, $4::int, ${countsOf('$3::int', '$3::int', '$4::int')}, array[$5::text]
  from unnest($6::uuid[], $7::int[], $8::text[]) as t(id, event_seq, event_hash)
), linked as (
  insert into task_plan (task_id, revision, plan_hash, source, active) select id, 1, $1, 'caller', true from unnest($6::uuid[]) as id
), told as (${eventsFrom(28, '$9')}
), steps as (
  insert into step (id, task_id, tenant_id, key, plan_index, plan_revision, tool, contract_hash, lane, priority, permit, state, epoch, waiting_on,
    needs, dependants, after_step, operation_id, condition, due_at, started_at)
  select id, task_id, 'default', key, plan_index, 1, $10, $5::text, 'default', 5, false, state, case state when 'pending' then 0 else 1 end, waiting_on,
    needs::uuid[], dependants::uuid[], after_step, operation_id, condition,
    case when state = 'dispatched' and after_step is null then ${DUE} end, case when state = 'dispatched' then now() end
  from unnest($11::uuid[], $12::uuid[], $13::text[], $14::int[], $15::text[], $16::int[], $17::text[], $18::text[], $19::uuid[], $20::uuid[], $21::text[])
    as s(id, task_id, key, plan_index, state, waiting_on, needs, dependants, after_step, operation_id, condition)
)
insert into operation (id, task_id, tenant_id, step_id, step_key, tool, contract_hash, effect, state, sending, epoch, worker_id, fence,
  request, request_hash, first_sent_at, sent_at)
select id, task_id, 'default', step_id, step_key, $10, $5::text, 'none', 'sent', 1, 1, $22::uuid, 0,
  convert_to(request, 'UTF8'), sha256(convert_to(request, 'UTF8')), now(), now()
from unnest($23::uuid[], $24::uuid[], $25::uuid[], $26::text[], $27::text[]) as o(id, task_id, step_id, step_key, request)`,
};

const SETTLE_AND_INTEND = `
with settled as (
  update operation o set state = 'succeeded', response = convert_to(a.response, 'UTF8'), response_hash = sha256(convert_to(a.response, 'UTF8')),
    output_valid = true, resolver = 'answer', ended_at = now(), settled_at = now()
  from unnest($1::uuid[], $2::text[]) as a(id, response) where o.id = a.id
), intended as (
  insert into operation (id, task_id, tenant_id, step_id, step_key, tool, contract_hash, effect, state, sending, epoch, worker_id, fence,
    request, request_hash, first_sent_at, sent_at)
  select id, task_id, 'default', step_id, step_key, $3, $4, 'none', 'sent', 1, 1, $5::uuid, 0,
    convert_to(request, 'UTF8'), sha256(convert_to(request, 'UTF8')), now(), now()
  from unnest($6::uuid[], $7::uuid[], $8::uuid[], $9::text[], $10::text[]) as o(id, task_id, step_id, step_key, request)
)`;

/** Inside of runs: the ledger alone, since the states of a run are told at its end. */
export const ADVANCE_RUNS = { name: 'floor.advance-runs', text: `${SETTLE_AND_INTEND} select` };

/** With the states of steps and tasks and their histories. */
export const ADVANCE = {
  name: 'floor.advance',
  text: `${SETTLE_AND_INTEND}, moved as (
  update step s set state = m.state, epoch = case m.state when 'pending' then 0 else 1 end, waiting_on = m.waiting_on, condition = m.condition,
    due_at = case m.state when 'dispatched' then ${DUE} end, started_at = coalesce(s.started_at, case when m.state <> 'pending' then now() end),
    finished_at = case m.state when 'succeeded' then now() end
  from unnest($11::uuid[], $12::text[], $13::int[], $14::text[]) as m(id, state, waiting_on, condition) where s.id = m.id
), told as (${eventsFrom(21, '$15')}
)
update task t set revision = t.revision + 1, event_seq = e.seq, event_hash = decode(e.hash, 'hex'), open_steps = e.open, tool_calls = e.called,
  step_counts = ${countsOf('t.steps_total', 'e.open', 'e.called')},
  state = case when e.open = 0 then 'completed' else t.state end, finished_at = case when e.open = 0 then now() end
from unnest($16::uuid[], $17::int[], $18::text[], $19::int[], $20::int[]) as e(task_id, seq, hash, open, called) where t.id = e.task_id`,
};
