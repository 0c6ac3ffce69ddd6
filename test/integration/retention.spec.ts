import { Log, loadConfig } from '@muster/chassis';
import { newUuid } from '@muster/domain';
import { OperationLedger } from '@muster/ledger';
import {
  ANY_UUID,
  classifyDatabaseError,
  Database,
  type DatabaseRole,
  RowsContended,
  runInvariants,
} from '@muster/persistence';
import { Client } from 'pg';
import { type Pace, Pruner } from '../../apps/coordinator/src/retention/pruner';
import { RetentionSweeper } from '../../apps/coordinator/src/retention/retention.sweeper';
import { EvidenceStore } from '../../apps/verifier/src/evidence.store';
import { freshDatabase, type TestDatabase } from '../support/database';
import { type Row, Rows, sha256 } from '../support/rows';

const DAY_MS = 86_400_000;
const PAY = { id: 'pay', tool: 'bank.pay' };
const BRISK: Pace = { rest: 0, tasksMax: 2 };
const CANCELLED = { state: 'cancelled' };

let test: TestDatabase;
let rows: Rows;
const opened: Database[] = [];
beforeEach(async () => {
  test = await freshDatabase();
  rows = await Rows.begin(test.client);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
  await test.drop();
});

function as(role: DatabaseRole): Database {
  const database = new Database({ url: test.url, name: 'test', role });
  opened.push(database);
  return database;
}

async function another(): Promise<Client> {
  const client = new Client({ connectionString: test.url });
  await client.connect();
  return client;
}

const pruning = () => ({
  tenantId: rows.tenantId,
  states: ['completed', 'cancelled', 'failed'] as const,
  olderThanMs: 30 * DAY_MS,
  dryRun: false,
});
const slice = (pace: Pace = BRISK, cursor?: string) => new Pruner(as('coordinator')).slice(pruning(), pace, cursor);
const tasks = async (): Promise<string[]> => (await test.client.query('select id from task')).rows.map(({ id }) => id);

async function ended(days: number, given: { task?: Row; step?: Row; operation?: Row } = {}) {
  const finished = { finished_at: new Date(Date.now() - days * DAY_MS) };
  const told = { pay: [given.step?.state ?? 'succeeded', 1] };
  const task = await rows.task({ steps: [PAY] }, { ...finished, ...given.task }, told);
  const step = await rows.step(task, 'pay', given.step);
  const operation = await rows.operation(step, given.operation);
  return { task, step, operation };
}

const unknown = { task: CANCELLED, step: CANCELLED, operation: { state: 'unknown' } };

describe('pruning', () => {
  it('goes on behind tasks that stay, batch by batch, the longest finished first', async () => {
    const stay = [await ended(50, unknown), await ended(49, unknown), await ended(48, unknown)];
    await ended(47);
    const young = await ended(29);

    const { removed, kept } = await slice();

    expect([removed.tasks, kept.unknownOperation]).toEqual([1, 3]);
    expect((await tasks()).sort()).toEqual([...stay, young].map(({ task }) => task.id).sort());
  });

  it('that ends early is gone on with, from its place or from the beginning', async () => {
    for (let n = 0; n < 5; n++) await ended(40 + n);

    const first = await slice({ ...BRISK, isOver: () => true });
    const second = await slice({ ...BRISK, isOver: () => true }, first.nextCursor);
    const third = await slice();

    expect([first, second, third].map(({ removed }) => removed.tasks)).toEqual([2, 2, 1]);
    expect([third.nextCursor, await tasks()]).toEqual([undefined, []]);
  });

  it('that is cut off before its commit has removed nothing, and leaves nobody behind', async () => {
    await ended(31);
    const client = await another();
    await client.query('begin');
    await client.query(`select prune_tasks($1, '{completed}', '30 days', '-infinity', $2, 10, 10)`, [
      rows.tenantId,
      ANY_UUID,
    ]);
    await client.end();

    expect((await tasks()).length).toBe(1);
    expect((await slice()).removed.tasks).toBe(1);
    expect(await runInvariants(test.client)).toEqual([]);
  });

  it('takes a task alone that has more steps than a batch', async () => {
    for (const [days, steps] of [
      [40, 1],
      [39, 7],
      [38, 1],
      [37, 1],
    ] as const)
      await ended(days, { task: { steps_total: steps } });
    const finished = async (after: number) =>
      (
        await test.client.query(
          `select round(extract(epoch from now() - finished_at) / 86400)::int as days
             from finished_tasks($1, '{completed}', '30 days', now() - $2 * interval '1 day' + interval '1 hour', $3, 10, 5)`,
          [rows.tenantId, after, newUuid()],
        )
      ).rows.map(({ days }) => days);

    expect([await finished(41), await finished(40), await finished(39)]).toEqual([[40], [39], [38, 37]]);
  });

  it('by schedule removes the finished tasks of every tenant, once they are as old as it is told', async () => {
    const database = as('coordinator');
    await ended(31);
    rows = await Rows.begin(test.client);
    await ended(31);
    const { task } = await ended(29);
    const config = loadConfig({ DATABASE_URL: test.url, RETENTION_DAYS: '30' });

    await new RetentionSweeper(new Pruner(database), database, config, new Log('test', 'silent')).sweep();

    expect(await tasks()).toEqual([task.id]);
  });
});

describe('the database', () => {
  const PRUNE = (age: string, states = '{completed}') =>
    `select prune_tasks('${rows.tenantId}', '${states}', '${age}', '-infinity', '${ANY_UUID}', 10, 10)`;

  it('lets no role delete a task, and nobody but a coordinator prune', async () => {
    await ended(31);

    await expect(as('coordinator').pool.query('delete from task')).rejects.toMatchObject({ code: '42501' });
    for (const role of ['executor', 'planner', 'verifier', 'console'] as const)
      await expect(as(role).pool.query(PRUNE('30 days'))).rejects.toMatchObject({ code: '42501' });
  });

  it.each(['23 hours', '-1 day'])('refuses to remove what ended %s ago, whoever asks', async (age) => {
    await expect(test.client.query(PRUNE(age))).rejects.toMatchObject({ code: '22023' });
  });

  it('refuses to remove a task that may still move', async () => {
    await expect(test.client.query(PRUNE('30 days', '{running}'))).rejects.toMatchObject({ code: '22023' });
  });

  it('lets history go only with its task', async () => {
    const { task } = await ended(31);

    const rewriting = test.client.query('delete from event where task_id = $1', [task.id]);

    await expect(rewriting).rejects.toMatchObject({ code: '23514' });
  });
});

describe('while a task is pruned', () => {
  it('an answer that is being written to it keeps it, until that is over', async () => {
    const { operation } = await ended(31);
    const settling = await another();
    await settling.query('begin');
    await settling.query('select from operation where id = $1 for no key update', [operation.id]);

    // It gives up at once: had it waited, it would end by this instead.
    await test.client.query("set statement_timeout = '2s'");
    const given = `'${rows.tenantId}', '{completed}', '30 days', '-infinity', '${ANY_UUID}', 10, 10`;
    await expect(test.client.query(`select prune_tasks(${given})`)).rejects.toMatchObject({ code: '55P03' });
    expect((await tasks()).length).toBe(1);
    const pruned = slice();
    await settling.query('rollback');
    await settling.end();

    expect((await pruned).removed.tasks).toBe(1);
  });

  it('whoever speaks of it too late leaves no row behind', async () => {
    const { task, step, operation } = await ended(31);
    await slice();

    const ledger = new OperationLedger(as('executor'), 'test');
    const answer = { response: Buffer.from('{}'), outputValid: true, code: 'http_200', message: '' };
    const operationId = String(operation.id);
    const settled = await ledger.settle(rows.workerId, { operationId, sending: 1, state: 'succeeded', ...answer });
    const refused = { workerId: rows.workerId, stepId: String(step.id), epoch: 9, taskId: String(task.id) };
    await ledger.refuse({ ...refused, code: 'not_granted', message: '' });
    await ledger.close();
    await new EvidenceStore(as('verifier')).add({
      id: newUuid(),
      tenantId: rows.tenantId,
      taskId: String(task.id),
      stepId: String(step.id),
      operationId,
      kind: 'probe',
      beganAt: new Date().toISOString(),
      finding: 'happened',
      detail: {},
    });

    expect(settled).toBe('late');
    expect(await runInvariants(test.client)).toEqual([]);
  });

  it('a plan that a submission is about to use is kept for it', async () => {
    const { task } = await ended(31);
    const submitting = await another();
    await submitting.query('begin');
    const next = newUuid();
    await submitting.query(
      `insert into task select * from jsonb_populate_record((select t from task t where id = $1), jsonb_build_object('id', $2::uuid))`,
      [task.id, next],
    );
    await submitting.query(
      `insert into task_plan (task_id, revision, plan_hash, source, active) values ($1, 1, $2, 'caller', true)`,
      [next, task.plan_hash],
    );

    const { removed } = await slice();
    await submitting.query('commit');
    await submitting.end();

    expect([removed.tasks, removed.plans, await tasks()]).toEqual([1, 0, [next]]);
    expect((await test.client.query('select from plan')).rowCount).toBe(1);
  });

  it.each([
    ['plan', 'task_plan_plan_hash_fkey'],
    ['artifact', 'artifact_link_artifact_fkey'],
  ])(
    'a new reference to a %s that left with it is refused, to be made again with the content',
    async (content, name) => {
      const { task, step } = await ended(31);
      const live = await ended(1);
      const about = { tenant_id: rows.tenantId, hash: sha256('x').toString('hex'), size: 1, media_type: 'text/plain' };
      await rows.insert('artifact', { ...about, content: 'x' });
      const link = { ...about, operation_id: step.operation_id, name: 'report' };
      await rows.insert('artifact_link', { ...link, task_id: task.id, step_id: step.id });

      const { removed } = await slice();
      const late =
        content === 'plan'
          ? rows.insert('task_plan', {
              task_id: live.task.id,
              revision: 2,
              plan_hash: task.plan_hash,
              source: 'caller',
              active: false,
            })
          : rows.insert('artifact_link', { ...link, task_id: live.task.id, step_id: live.step.id });

      expect([removed.plans, removed.artifacts]).toEqual([1, 1]);
      const error = await late.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: '23503', constraint: name });
      expect(classifyDatabaseError(error, 'test')).toBeInstanceOf(RowsContended);
    },
  );
});
