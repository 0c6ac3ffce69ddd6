import type { Client } from 'pg';
import { type FloorLedger, plainArray, type Settled, textArray } from './floor-ledger';
import { type FloorTask, firstOf } from './floor-task';

// A step's row is made by its intent and updated once, by its answer: room for that is left beside it.
const TABLES = `
create table bare_task (id uuid primary key, plan text not null, submitted_at timestamptz not null default now(), finished_at timestamptz);
create table bare_step (task_id uuid, step integer, request text not null, response text, sent_at timestamptz not null default now(),
  settled_at timestamptz, primary key (task_id, step)) with (fillfactor = 40)`;

const SUBMIT = {
  name: 'bare.submit',
  text: `
with submitted as (
  insert into bare_task (id, plan) select id, $2 from unnest($1::uuid[]) as id
)
insert into bare_step (task_id, step, request) select * from unnest($3::uuid[], $4::int[], $5::text[])`,
};

const ADVANCE = {
  name: 'bare.advance',
  text: `
with settled as (
  update bare_step s set response = a.response, settled_at = now()
  from unnest($1::uuid[], $2::int[], $3::text[]) as a(task_id, step, response)
  where s.task_id = a.task_id and s.step = a.step
), intended as (
  insert into bare_step (task_id, step, request) select * from unnest($4::uuid[], $5::int[], $6::text[])
)
update bare_task set finished_at = now() where id = any($7::uuid[])`,
};

const UNFINISHED = `
select t.id from bare_task t where t.finished_at is null
union all
select s.task_id from bare_step s where s.response is null limit 1`;

/** Two tables without a secondary index: what anybody pays who keeps the promises on Postgres. */
export class BareLedger implements FloorLedger {
  async prepare(client: Client): Promise<void> {
    await client.query(TABLES);
  }

  async submit(client: Client, tasks: readonly FloorTask[]): Promise<void> {
    const intents = tasks.flatMap((task) => firstOf(task).map((step) => ({ task, step })));
    await client.query({
      ...SUBMIT,
      values: [
        plainArray(tasks.map(({ id }) => id)),
        tasks[0]!.plan.text,
        plainArray(intents.map(({ task }) => task.id)),
        plainArray(intents.map(({ step }) => step.index)),
        textArray(intents.map(({ step }) => step.request)),
      ],
    });
  }

  async advance(client: Client, batch: readonly Settled[]): Promise<void> {
    const intents = batch.flatMap(({ task, ready }) => ready.map((step) => ({ task, step })));
    const finished = new Set(batch.filter(({ task }) => task.open === 0).map(({ task }) => task.id));
    await client.query({
      ...ADVANCE,
      values: [
        plainArray(batch.map(({ task }) => task.id)),
        plainArray(batch.map(({ step }) => step.index)),
        textArray(batch.map(({ response }) => response)),
        plainArray(intents.map(({ task }) => task.id)),
        plainArray(intents.map(({ step }) => step.index)),
        textArray(intents.map(({ step }) => step.request)),
        plainArray([...finished]),
      ],
    });
  }

  async check(client: Client): Promise<void> {
    const { rows } = await client.query(UNFINISHED);
    if (rows.length > 0) throw new Error(`A task of the bare ledger has not ended: ${JSON.stringify(rows[0])}`);
  }
}
