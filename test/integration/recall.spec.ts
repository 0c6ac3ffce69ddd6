import { Database, type NamedSql } from '@muster/persistence';
import { Player } from '../simulation/plays';
import { RealStore } from '../simulation/real-store';
import { freshDatabase, type TestDatabase } from '../support/database';

const STEPS = [
  { id: 's0', tool: 'read' },
  { id: 'after', tool: 'read', needs: ['s0'], when: 'true' },
  { id: 'beside', tool: 'read' },
];
const NOTHING = { taskIds: [], stepIds: [], outputs: [], items: [], agents: [] };

/** Notes the statements that read what a decision is drawn from. */
class Listening extends Database {
  readonly reads: string[] = [];

  override query<R extends object>(sql: NamedSql, values: readonly unknown[] = []): Promise<R[]> {
    if (['lifecycle.load', 'lifecycle.recall'].includes(sql.name)) this.reads.push(sql.name);
    return super.query<R>(sql, values);
  }
}

let test: TestDatabase;
let database: Listening;
let real: RealStore;
let player: Player;
beforeAll(async () => {
  test = await freshDatabase();
  await RealStore.prepare(test.client);
});
beforeEach(async () => {
  database = new Listening({ url: test.url, name: 'test' });
  real = new RealStore(test.client, database);
  player = await Player.begin(real, STEPS);
  await player.claim();
  await player.settle('succeeded');
});
afterEach(() => real.close());
afterAll(() => test.drop());

/** The snapshot of these steps, and the statements that it took. */
async function read(...keys: string[]) {
  database.reads.splice(0);
  const snapshots = await real.remembering.read({ ...NOTHING, stepIds: keys.map((key) => player.step(key).id) });
  return { snapshot: snapshots.get(player.step().taskId)!, reads: [...database.reads] };
}

describe('a coordinator that reads a task which it wrote last', () => {
  it('reads what others have written of it, and nothing else', async () => {
    const { snapshot, reads } = await read('s0');

    expect(reads).toEqual(['lifecycle.recall']);
    expect([...snapshot.operations.values()]).toMatchObject([{ state: 'succeeded' }]);
    expect([...snapshot.steps.values()].map(({ key, state }) => [key, state])).toEqual([
      ['s0', 'dispatched'],
      ['after', 'pending'],
    ]);
  });

  it('reads all of it where somebody has moved it since, and from then on each time', async () => {
    await real.commit((await player.decide())!);

    const { snapshot, reads } = await read('s0');

    expect(reads).toEqual(['lifecycle.recall', 'lifecycle.load']);
    expect([snapshot.task.revision, snapshot.steps.get(player.step().id)?.state]).toEqual([2, 'succeeded']);
    expect((await read('s0')).reads).toEqual(['lifecycle.load']);
  });

  it('reads all of it where it remembers only one of the steps, so that all is of one moment', async () => {
    real.memory.forget([player.step().taskId]);
    await player.look();
    expect((await read('after')).reads).toEqual(['lifecycle.recall']);

    const { snapshot, reads } = await read('after', 'beside');

    expect(reads.at(-1)).toBe('lifecycle.load');
    expect([...snapshot.steps.values()].map(({ key }) => key).sort()).toEqual(['after', 'beside']);
  });
});
