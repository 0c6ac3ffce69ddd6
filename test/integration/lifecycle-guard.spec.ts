import { isTerminal, type Lifecycle, OPERATION, STEP, statesOf, TASK, WORKER } from '@muster/domain';
import { freshDatabase, type TestDatabase } from '../support/database';
import { type Row, Rows } from '../support/rows';

let database: TestDatabase;
let rows: Rows;
beforeAll(async () => {
  database = await freshDatabase();
  rows = await Rows.begin(database.client);
});
afterAll(() => database.drop());

const finishedWhenTerminal = (state: string) => (isTerminal(TASK as Lifecycle<string>, state) ? new Date() : null);
const aTask = (given: Row) => rows.task({ steps: [{ id: 'pay', tool: 'bank.pay' }] }, given);
const inState = {
  task: (state: string) => aTask({ state, finished_at: finishedWhenTerminal(state) }),
  step: async (state: string) => rows.step(await aTask({}), 'pay', { state }),
  operation: async (state: string) => rows.operation(await rows.step(await aTask({}), 'pay'), { state }),
  worker: (state: string) => rows.worker({ state }),
};

describe.each([TASK, STEP, OPERATION, WORKER] as Lifecycle<string>[])(
  'the database’s own copy of a lifecycle',
  (lifecycle) => {
    it(`lets a ${lifecycle.entity} move exactly where its table says`, async () => {
      const allowed: Record<string, string[]> = {};

      for (const from of statesOf(lifecycle)) allowed[from] = await movesAllowedFrom(lifecycle, from);

      const others = (from: string) => lifecycle.table[from]?.filter((to) => to !== from).sort();
      expect(allowed).toEqual(Object.fromEntries(statesOf(lifecycle).map((from) => [from, others(from)])));
    });
  },
);

describe('the history', () => {
  it.each([
    'update event set data = $$no$$',
    'delete from event',
    'truncate event',
    'delete from sending',
    'update sending set code = $$no$$',
  ])('refuses: %s', async (statement) => {
    const task = await aTask({});
    await rows.sending(await rows.operation(await rows.step(task, 'pay')));

    await expect(database.client.query(statement)).rejects.toMatchObject({ code: '23514' });
  });
});

async function movesAllowedFrom({ entity, table }: Lifecycle<string>, from: string): Promise<string[]> {
  const { id } = await inState[entity as keyof typeof inState](from);
  const allowed: string[] = [];
  for (const to of Object.keys(table).filter((state) => state !== from)) {
    if (await mayMove(entity, String(id), to)) allowed.push(to);
  }
  return allowed.sort();
}

/** Tries the move and takes it back. */
async function mayMove(entity: string, id: string, to: string): Promise<boolean> {
  const { client } = database;
  const alongside = entity === 'task' ? ', finished_at = $3' : '';
  const values = entity === 'task' ? [to, id, finishedWhenTerminal(to)] : [to, id];
  await client.query('begin');
  try {
    await client.query(`update ${entity} set state = $1${alongside} where id = $2`, values);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: '23514', constraint: `${entity}_moves_legally` });
    return false;
  } finally {
    await client.query('rollback');
  }
}
