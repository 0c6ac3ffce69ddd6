import type { Pool } from 'pg';
import type { DatabaseDump } from './evidence';

const TASKS = `
  select replace(id::text, '-', '') as id, idempotency_key as key, state,
         (select coalesce(c ->> 'reason', '') from jsonb_array_elements(conditions::jsonb) as c
           where c ->> 'type' = 'NeedsAttention' and c ->> 'status' in ('true', 'True') limit 1) as attention
    from task`;

const STEPS = `
  select replace(id::text, '-', '') as id, replace(task_id::text, '-', '') as "taskId", key, state,
         replace(operation_id::text, '-', '') as "operationId"
    from step`;

const OPERATIONS = `
  select replace(o.id::text, '-', '') as id, replace(o.task_id::text, '-', '') as "taskId",
         replace(o.step_id::text, '-', '') as "stepId", o.tool, o.effect, o.state, o.sending as sendings,
         encode(o.request_hash, 'hex') as "requestHash", o.resolver, o.code,
         case when o.effect = 'transactional'
              then (select count(*) from artifact_link l where l.operation_id = o.id and l.task_id = o.task_id) else 0
         end::int as artifacts
    from operation o`;

const SENDINGS = `
  select replace(operation_id::text, '-', '') as "operationId", sending, encode(request_hash, 'hex') as "requestHash",
         outcome, code, late
    from sending`;

const EVIDENCE = `
  select replace(operation_id::text, '-', '') as "operationId", kind, finding from evidence`;

/** Everything the checker asks the database about, as it stands at one moment. */
export async function dumpDatabase(pool: Pool): Promise<DatabaseDump> {
  const client = await pool.connect();
  const read = async (sql: string) => (await client.query(sql)).rows;
  try {
    await client.query('begin isolation level repeatable read read only');
    const [tasks, steps] = [await read(TASKS), await read(STEPS)];
    const [operations, sendings] = [await read(OPERATIONS), await read(SENDINGS)];
    return { tasks, steps, operations, sendings, evidence: await read(EVIDENCE) };
  } finally {
    await client.query('rollback');
    client.release();
  }
}
