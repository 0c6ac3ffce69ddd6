import type { NamedSql } from '@muster/persistence';

const MS = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

/** Steps that wait for a verdict at the epoch asked for, with everything about them but outputs of other steps. */
export const LOAD_STEPS: NamedSql = {
  name: 'verifier.load-steps',
  text: `
    select s.id, s.key, s.kind, s.tool, s.task_id, s.tenant_id, s.epoch, s.plan_index, s.item, s.contract_hash, t.plan_hash, t.input,
      o.id as operation_id, o.response, o.resolver, ${MS('o.settled_at')} as settled_at,
      coalesce((select true from verdict v where v.step_id = s.id and v.round = s.epoch limit 1), false) as is_judged,
      (select coalesce(json_agg(json_build_object('evidenceId', e.id, 'beganAt', ${MS('e.began_at')}, 'finding', e.finding) order by e.began_at), '[]')
         from evidence e where e.operation_id = o.id and e.kind = 'read-back' and e.began_at >= o.settled_at) as read_backs
    from unnest($1::uuid[], $2::int[]) as asked(id, epoch)
    join step s on s.id = asked.id and s.epoch = asked.epoch and s.state = 'verifying'
    cross join lateral (select plan_hash, input from task where id = s.task_id limit 1) t
    join operation o on o.id = s.operation_id and o.state = 'succeeded'`,
};

/**
 * One verdict per step and round, and only while the step waits for it: the first stands, and a verdict that comes after
 * the step moved on is none.
 */
export const WRITE_STEP_VERDICTS: NamedSql = {
  name: 'verifier.write-step-verdicts',
  text: `
    insert into verdict (id, tenant_id, task_id, step_id, round, passed, code, message, evidence_ids, findings)
    select w.id, s.tenant_id, s.task_id, s.id, w.round, w.passed, w.code, w.message,
      array(select json_array_elements_text(w.evidence_ids::json)::uuid), w.findings
    from unnest($1::uuid[], $2::uuid[], $3::int[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::text[])
      as w(id, step_id, round, passed, code, message, evidence_ids, findings)
    join step s on s.id = w.step_id and s.epoch = w.round and s.state = 'verifying'
    on conflict do nothing`,
};

/** Tasks whose criteria are to be held against the evidence, in the round asked for: the revision of their plan. */
export const LOAD_TASKS: NamedSql = {
  name: 'verifier.load-tasks',
  text: `
    select t.id, t.plan_revision, t.plan_hash, t.input, t.criteria, t.invariants, clock_timestamp()::text as began_at,
      coalesce((select true from verdict v where v.task_id = t.id and v.step_id is null and v.round = t.plan_revision limit 1), false) as is_judged
    from unnest($1::uuid[], $2::int[]) as asked(id, round)
    join task t on t.id = asked.id and t.plan_revision = asked.round and t.state = 'verifying'`,
};

/** As above, for tasks; the values that the criteria were held against are kept beside each verdict. */
export const WRITE_TASK_VERDICTS: NamedSql = {
  name: 'verifier.write-task-verdicts',
  text: `
    with judged as materialized (
      select w.*, t.tenant_id
      from unnest($1::uuid[], $2::uuid[], $3::int[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::timestamptz[], $10::bytea[], $11::text[])
        as w(id, task_id, round, passed, code, message, findings, evidence_id, began_at, body, detail)
      join task t on t.id = w.task_id and t.plan_revision = w.round and t.state = 'verifying'
      where not exists (select from verdict v where v.task_id = w.task_id and v.step_id is null and v.round = w.round)
    ), seen as (
      insert into evidence (id, tenant_id, task_id, kind, began_at, at, finding, body, detail)
      select evidence_id, tenant_id, task_id, 'criteria', began_at, clock_timestamp(), case when passed then 'hold' else 'refuted' end, body, detail
      from judged
    )
    insert into verdict (id, tenant_id, task_id, round, passed, code, message, evidence_ids, findings)
    select id, tenant_id, task_id, round, passed, code, message, array[evidence_id], findings from judged
    on conflict do nothing`,
};

/** Operations that a probe can still help: their fate is not settled. */
export const LOAD_OPERATIONS: NamedSql = {
  name: 'verifier.load-operations',
  text: `
    select id, step_id, task_id, tenant_id, contract_hash from operation
    where id = any($1::uuid[]) and state in ('sent', 'unknown')`,
};

export const LOAD_CONTRACTS: NamedSql = {
  name: 'verifier.load-contracts',
  text: 'select hash, document from contract where hash = any($1::text[])',
};
