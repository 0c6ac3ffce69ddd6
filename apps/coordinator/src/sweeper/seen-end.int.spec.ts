import { hostname } from 'node:os';
import { newUuid } from '@muster/domain';
import { AnswerBell } from '@muster/messaging';
import { END_OF_WORKERS, MOVE_WORKER, REGISTER_WORKER } from '@muster/persistence';
import { TestCoordinator } from '../../../../test/support/coordinator';
import { until } from '../../../../test/support/until';
import { EXECUTORS } from '../lifecycle/task.sql';

/** Longer than this test may take: no sweep comes by itself but the one at the start. */
const SWEEP_MS = 60_000;
const LEASE_TTL_MS = 10_000;

let coordinator: TestCoordinator;
beforeAll(async () => {
  coordinator = await TestCoordinator.start({ env: { SWEEP_MS: String(SWEEP_MS) } });
});
afterAll(() => coordinator.stop());

const query = (text: string, values: unknown[]) => coordinator.database.client.query(text, values);

async function aWorker(service = 'executor', lanes: readonly string[] = []): Promise<string> {
  const id = newUuid();
  await query(REGISTER_WORKER.text, [id, service, 1, hostname(), lanes, '1', LEASE_TTL_MS]);
  return id;
}

const isGivenUp = async (id: string): Promise<boolean> => {
  const { rows } = await query('select given_up_at from worker where id = $1', [id]);
  return rows[0].given_up_at !== null;
};

describe('a worker whose end was seen and told', () => {
  it('is given up at once, and not with the next sweep', async () => {
    const bell = new AnswerBell(coordinator.doorbells);
    const [first, second] = [await aWorker(), await aWorker()];
    await query(END_OF_WORKERS.text, [[first]]);

    bell.ring('workers', [first]);
    await until(() => isGivenUp(first), { what: 'the sweep' });

    expect(await isGivenUp(second)).toBe(false);
    await query(END_OF_WORKERS.text, [[second]]);
    bell.ring('workers', [second]);
    await until(() => isGivenUp(second), { what: 'another sweep' });
  });
});

describe('the executors of a lane', () => {
  it('are those that are ready and not given up', async () => {
    const ready = ['a', 'b', 'b'].map((lane) => aWorker('executor', [lane, 'both']));
    const [first, , last] = await Promise.all(ready);
    const draining = await aWorker('executor', ['a']);
    await aWorker('executor', ['a']);
    await aWorker('verifier', ['a']);
    for (const id of await Promise.all(ready)) await query(MOVE_WORKER.text, [id, 'ready']);
    for (const state of ['ready', 'draining']) await query(MOVE_WORKER.text, [draining, state]);
    const counted = async () => {
      const { rows } = await query(EXECUTORS.text, []);
      return Object.fromEntries(rows.map(({ lane, executors }) => [lane, executors]));
    };

    expect(await counted()).toEqual({ a: 1, b: 2, both: 3 });
    await query(END_OF_WORKERS.text, [[first, last]]);
    new AnswerBell(coordinator.doorbells).ring('workers', [first!, last!]);
    await until(() => isGivenUp(last!), { what: 'the sweep' });

    expect(await counted()).toEqual({ b: 1, both: 1 });
  });
});
