import { LIMITS, newUuid, showId } from '@muster/domain';
import request, { type Test } from 'supertest';
import { TestCoordinator } from '../../../../test/support/coordinator';
import { type Row, Rows } from '../../../../test/support/rows';

const STEP = { id: 'pay', tool: 'bank.pay' };
const RUNNING = { state: 'running', finished_at: null };

let coordinator: TestCoordinator;
let rows: Rows;
let key: string;

beforeAll(async () => {
  coordinator = await TestCoordinator.start();
  rows = await Rows.begin(coordinator.database.client);
  key = await coordinator.key({ tenant: rows.tenantId });
}, 60_000);
afterAll(() => coordinator.stop());

const get = (path: string): Test => request(coordinator.server).get(path).set('authorization', `Bearer ${key}`);
const shown = (task: Row): string => showId('task', String(task.id));

/** Every page to the last. */
async function pagesOf<T>(path: string): Promise<T[][]> {
  const pages: T[][] = [];
  let cursor: string | undefined;
  do {
    const { body } = await get(path + (cursor ? `&cursor=${encodeURIComponent(cursor)}` : '')).expect(200);
    pages.push(body.items);
    cursor = body.nextCursor;
  } while (cursor);
  return pages;
}

describe('a history whose events say much', () => {
  const LARGE = LIMITS.EVENT_PAGE_BYTES_MAX / 2;

  async function told(sizes: readonly number[]): Promise<Row> {
    const task = await rows.task({ steps: [STEP] }, { event_seq: sizes.length + 1 });
    for (const [index, size] of sizes.entries())
      await rows.event(task, { seq: index + 2, data: JSON.stringify({ reason: 'x'.repeat(size) }) });
    return task;
  }
  const seqsOf = async (task: Row): Promise<number[][]> => {
    const pages = await pagesOf<{ seq: number }>(`/v1/tasks/${shown(task)}/events?limit=500`);
    return pages.map((events) => events.map(({ seq }) => seq));
  };

  it('comes in pages of fewer events, and none is left out', async () => {
    const task = await told([LARGE, LARGE, LARGE, 10, 10]);

    expect(await seqsOf(task)).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('has a page for an event that says more than a page takes', async () => {
    const task = await told([4 * LARGE, 4 * LARGE, 10]);

    expect(await seqsOf(task)).toEqual([[1, 2], [3], [4]]);
  });

  it('is empty behind the highest number there can be', async () => {
    const task = await told([10]);
    const cursor = Buffer.from(JSON.stringify([2 ** 31 - 1])).toString('base64url');

    expect((await get(`/v1/tasks/${shown(task)}/events?cursor=${cursor}`).expect(200)).body.items).toEqual([]);
  });

  it('is streamed to its end', async () => {
    const task = await told([4 * LARGE, 4 * LARGE, LARGE, LARGE, 10]);

    const { text } = await get(`/v1/tasks/${shown(task)}/events`).set('accept', 'text/event-stream');

    expect([...text.matchAll(/^id: (\d+)$/gm)].map(([, seq]) => Number(seq))).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('tasks of a label', () => {
  const suite = newUuid();
  const made: Row[] = [];
  beforeAll(async () => {
    const states = [{}, RUNNING, {}, RUNNING, { state: 'failed' }, {}];
    for (const [index, state] of states.entries())
      made.push(
        await rows.task({ steps: [STEP] }, { labels: { suite, parity: `${index % 2}`, [`n${index}`]: '' }, ...state }),
      );
  });
  const listed = async (query: string): Promise<number[]> => {
    const pages = await pagesOf<{ id: string }>(`/v1/tasks?limit=2&${query}`);
    expect(pages.slice(0, -1).every((page) => page.length === 2)).toBe(true);
    return pages.flat().map(({ id }) => made.findIndex((task) => shown(task) === id));
  };

  it('come newest first, whatever state they are in', async () => {
    expect(await listed(`label=suite=${suite}`)).toEqual([5, 4, 3, 2, 1, 0]);
  });

  it('and of states: only those in one of them', async () => {
    expect(await listed(`label=suite=${suite}&state=running,failed`)).toEqual([4, 3, 1]);
    expect(await listed(`label=suite=${suite}&state=running&state=running`)).toEqual([3, 1]);
    expect(await listed(`label=suite=${suite}&state=cancelled`)).toEqual([]);
  });

  it('and of another label: those that have both', async () => {
    expect(await listed(`label=suite=${suite}&label=parity=0`)).toEqual([4, 2, 0]);
    expect(await listed(`label=parity=1&label=suite=${suite}&state=completed`)).toEqual([5]);
    expect(await listed(`label=n3=&label=suite=${suite}&label=parity=1`)).toEqual([3]);
    expect(await listed(`label=n3=&label=parity=0`)).toEqual([]);
  });

  it('are found in the state that they go to, and no more when they are gone', async () => {
    const { client } = coordinator.database;
    const task = await rows.task({ steps: [STEP] }, { labels: { once: suite }, ...RUNNING });
    const found = async (query: string) => (await get(`/v1/tasks?label=once=${suite}&${query}`)).body.items.length;

    expect([await found('state=running'), await found('state=completed')]).toEqual([1, 0]);
    await client.query("update task set state = 'completed', finished_at = now() where id = $1", [task.id]);
    expect([await found('state=running'), await found('state=completed')]).toEqual([0, 1]);
    await client.query('delete from task where id = $1', [task.id]);
    expect((await client.query('select from task_label where task_id = $1', [task.id])).rowCount).toBe(0);
  });

  it('of other tenants are not among them', async () => {
    const other = await Rows.begin(coordinator.database.client);
    await other.task({ steps: [STEP] }, { labels: { suite } });

    expect(await listed(`label=suite=${suite}`)).toHaveLength(made.length);
  });
});

describe('why a large task stands where it stands', () => {
  async function aLargeTask(): Promise<Row> {
    const open = { ...RUNNING, steps_total: 100_000, open_steps: 4 };
    return rows.task({ steps: [STEP] }, open);
  }
  const pending = (index: number) => ({ state: 'pending', plan_index: index, waiting_on: 1, finished_at: null });
  const waitsOf = async (task: Row): Promise<string[]> =>
    (await get(`/v1/tasks/${shown(task)}/explain`)).body.waitingFor.map(({ stepKey }: Row) => stepKey);

  it('is told of what is held, of what moves, and of what waits right behind it', async () => {
    const task = await aLargeTask();
    const next = await rows.step(task, 'next', pending(3));
    await rows.step(task, 'later', pending(4));
    await rows.step(task, 'moves', { state: 'dispatched', plan_index: 1, finished_at: null, dependants: [next.id] });
    await rows.step(task, 'held', { state: 'parked', plan_index: 2, finished_at: null });

    expect(await waitsOf(task)).toEqual(['held', 'moves', 'next']);
  });

  it('is told of pending steps where none moves', async () => {
    const task = await aLargeTask();
    await rows.step(task, 'b', pending(2));
    await rows.step(task, 'a', pending(1));

    expect(await waitsOf(task)).toEqual(['a', 'b']);
  });
});
