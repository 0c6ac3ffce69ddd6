import { freshDatabase, type TestDatabase } from '../../../../test/support/database';
import { Rows } from '../../../../test/support/rows';
import { Database } from '../database';
import { PlanCache } from './plan.cache';

let test: TestDatabase;
let database: Database;
let rows: Rows;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database({ url: test.url, name: 'test' });
  rows = await Rows.begin(test.client);
});
afterAll(async () => {
  await database?.close();
  await test?.drop();
});

/** The hash of a new plan, with a cache that has not read it. */
async function unreadPlan(): Promise<{ hash: string; cache: PlanCache; reads: jest.SpyInstance }> {
  const task = await rows.task({ steps: [{ id: 'pay', tool: 'bank.pay' }] });
  await test.client.query(`update plan set body = jsonb_set(body::jsonb, '{pins}', $2)::text where hash = $1`, [
    task.plan_hash,
    JSON.stringify({ 'bank.pay': { version: '1', hash: rows.contractHash } }),
  ]);
  await test.client.query('update contract set document = $2 where hash = $1', [rows.contractHash, CONTRACT]);
  return { hash: String(task.plan_hash), cache: new PlanCache(database), reads: jest.spyOn(database, 'query') };
}
const CONTRACT = JSON.stringify({
  name: 'bank.pay',
  version: '1',
  transport: { type: 'builtin', name: 'echo' },
  input: { type: 'object' },
  output: { type: 'object' },
  effect: 'none',
});

describe('plans that were read', () => {
  it('are read once, however many ask at the same moment', async () => {
    const { hash, cache, reads } = await unreadPlan();
    const asked = await Promise.all(Array.from({ length: 20 }, () => cache.get([hash, hash])));
    expect(reads.mock.calls.map(([sql]) => sql.name)).toEqual(['plan.read', 'contract.read']);
    expect(new Set(asked.map((plans) => plans.get(hash)!.plan)).size).toBe(1);
    expect(asked[0]!.get(hash)!.plan.steps.map((step) => step.key)).toEqual(['pay']);
    reads.mockRestore();
  });

  it('are asked for anew after a read that failed, which everybody hears of who waited for it', async () => {
    const { hash, cache, reads } = await unreadPlan();
    reads.mockRejectedValueOnce(new Error('away'));
    const [one, other] = await Promise.allSettled([cache.get([hash]), cache.get([hash])]);
    expect([one.status, other.status]).toEqual(['rejected', 'rejected']);
    expect((await cache.get([hash])).has(hash)).toBe(true);
    reads.mockRestore();
  });

  it('say which plan rows refer to without its being there', async () => {
    await expect(new PlanCache(database).get(['nowhere'])).rejects.toThrow('plan nowhere');
  });
});
