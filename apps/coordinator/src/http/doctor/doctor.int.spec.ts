import type { DoctorView } from '@muster/contracts';
import { HISTORY_CHECK, INVARIANTS } from '@muster/persistence';
import request, { type Test } from 'supertest';
import { TestCoordinator } from '../../../../../test/support/coordinator';
import { Rows } from '../../../../../test/support/rows';

let coordinator: TestCoordinator;
let rows: Rows;

beforeAll(async () => {
  coordinator = await TestCoordinator.start();
  rows = await Rows.begin(coordinator.database.client);
}, 60_000);
afterAll(() => coordinator.stop());

const ask = (key: string): Test => request(coordinator.server).get('/v1/doctor').set('authorization', `Bearer ${key}`);
const examine = async (): Promise<DoctorView> => (await ask(await coordinator.key()).expect(200)).body;

describe('the doctor', () => {
  it('sees database and queue, and says which service is missing', async () => {
    const { ok, database, queue, workers } = await examine();

    expect([ok, database.ok, queue.ok, workers.ok]).toEqual([false, true, true, false]);
    expect(workers.message).toBe('no executor, no verifier is ready');
  });

  it('asks every invariant, and tells which promise a row breaks', async () => {
    const { invariants } = await examine();
    expect(invariants.filter(({ breaches, checked }) => breaches > 0 || !checked)).toEqual([]);
    const names = [...INVARIANTS, HISTORY_CHECK].map(({ name }) => name);
    expect(invariants.map(({ name }) => name)).toEqual(names);

    // A completed task with a step that is said to be still on its way.
    const task = await rows.task({ steps: [{ id: 'pay', tool: 'bank.pay' }] }, {}, { pay: ['dispatched', 1] });
    await rows.step(task, 'pay', { state: 'dispatched', finished_at: null });
    const broken = (await examine()).invariants.filter(({ breaches }) => breaches > 0);

    expect(broken.length).toBeGreaterThan(0);
    expect(broken[0]!.promise).toMatch(/\.$/);
    for (const { remedy, rows: named } of broken) expect([remedy, named?.length]).toEqual([expect.any(String), 1]);
  });

  it('is for operators', async () => {
    await ask(await coordinator.key({ scopes: ['tasks:read'] })).expect(403);
  });
});
