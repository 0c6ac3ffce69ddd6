import { freshDatabase, type TestDatabase } from '../../../../test/support/database';
import { type Row, Rows, sha256 } from '../../../../test/support/rows';
import { Database } from '../database';
import { loadOutputs } from './step-outputs.reader';

let test: TestDatabase;
let database: Database;
let rows: Rows;

const PLAN = { steps: [{ id: 'find', tool: 'bank.pay' }] };
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

async function answered(step: Row, output: unknown, given: Row = {}): Promise<void> {
  await rows.operation(step, { response: bytes(output), response_hash: sha256(bytes(output)), ...given });
}

async function read(task: Row, ...planIndices: number[]) {
  const taskId = String(task.id);
  return (
    await loadOutputs(
      database,
      planIndices.map((planIndex) => ({ taskId, planIndex })),
    )
  ).get(taskId);
}

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database({ url: test.url, name: 'test' });
  rows = await Rows.begin(test.client);
});
afterAll(async () => {
  await database?.close();
  await test?.drop();
});

describe('the outputs of steps', () => {
  it('are the answers of those that succeeded, and null for all others', async () => {
    const task = await rows.task(PLAN);
    await answered(await rows.step(task, 'find', { plan_index: 0 }), { id: 1 });
    await answered(await rows.step(task, 'refuted', { plan_index: 1, state: 'failed' }), { id: 2 });
    await rows.step(task, 'skipped', { plan_index: 2, state: 'skipped' });

    const outputs = await read(task, 0, 1, 2, 9);

    expect(outputs).toEqual(
      new Map([
        [0, { state: 'succeeded', output: { id: 1 } }],
        [1, { state: 'failed', output: null }],
        [2, { state: 'skipped', output: null }],
      ]),
    );
  });

  it('of a forEach are a list in the order of its items, null where one failed', async () => {
    const task = await rows.task(PLAN);
    const parent = await rows.step(task, 'tell', { plan_index: 0 });
    const item = (index: number, given: Row = {}) =>
      rows.step(task, `tell[${index}]`, { plan_index: 0, item_index: index, parent_id: parent.id, ...given });
    await answered(await item(2), 'third');
    await answered(await item(0), 'first');
    await item(1, { state: 'failed' });

    expect((await read(task, 0))?.get(0)).toEqual({
      state: 'succeeded',
      output: null,
      outputs: ['first', null, 'third'],
    });
  });

  it('of a forEach over nothing are an empty list', async () => {
    const task = await rows.task(PLAN);
    await rows.step(task, 'tell', { plan_index: 0 });

    expect((await read(task, 0))?.get(0)).toEqual({ state: 'succeeded', output: null, outputs: [] });
  });

  it('are read for many tasks at once and never mixed up', async () => {
    const tasks = [await rows.task(PLAN), await rows.task(PLAN)];
    for (const [index, task] of tasks.entries()) await answered(await rows.step(task, 'find'), { of: index });

    const outputs = await loadOutputs(
      database,
      tasks.map((task) => ({ taskId: String(task.id), planIndex: 0 })),
    );

    expect(tasks.map((task) => outputs.get(String(task.id))?.get(0)?.output)).toEqual([{ of: 0 }, { of: 1 }]);
  });
});
