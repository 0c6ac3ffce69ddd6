import { Redis } from 'ioredis';
import { aChain, aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { freePort } from '../support/postgres-cluster';
import { RedisServer } from '../support/redis-server';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const STEPS = 30;
const WIPES = 3;
/** A doorbell that was lost is rung again after 5 s, one that was lost again after 10 more. */
const REST_MS_MAX = 45_000;
jest.setTimeout(90_000);

let redis: RedisServer;
let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  redis = await RedisServer.start({ port: await freePort() });
  [muster, tools] = await Promise.all([Muster.start({ redisUrl: redis.url }), ToolServer.start()]);
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
  await redis.stop();
});

async function wipe(): Promise<void> {
  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
}

async function lostRings(): Promise<number> {
  const metrics = await (await fetch(`${muster.client.url}/metrics`)).text();
  return Number(/doorbells_lost_total\{queue="muster-executor"\} (\d+)/.exec(metrics)?.[1] ?? 0);
}

describe('a queue that is wiped while plans run', () => {
  it('delays them, and every effect takes place once', async () => {
    await muster.register(aTool('wiped.chain', 'keyed', tools.url), aTool('wiped.wide', 'keyed', tools.url));
    tools.usually('wiped.chain', ['ok', 'slow']).usually('wiped.wide', 'slow');
    const wide = aPlan(...Array.from({ length: STEPS }, (_, n) => aStep('wiped.wide', { id: `s${n}` })));
    const chain = await muster.submit(aChain('wiped.chain', STEPS));
    const fan = await muster.submit(wide);

    for (let wiped = 1; wiped <= WIPES; wiped++) {
      await tools.request('wiped.chain', wiped * 3);
      await wipe();
    }

    await Promise.all([chain, fan].map((running) => running.reaches('completed', REST_MS_MAX)));
    expect(tools.effectsOf('wiped.chain')).toHaveLength(STEPS);
    expect(tools.effectsOf('wiped.wide')).toHaveLength(STEPS);
  });
});

describe('a Redis that is away', () => {
  it('keeps no submission from being answered, and those are done when an empty one is back', async () => {
    await muster.register(aTool('away', 'keyed', tools.url));
    await redis.kill();

    const accepted = await Promise.all([1, 2, 3].map((n) => muster.submit(aPlan(aStep('away', { input: { n } })))));
    const { state } = await accepted[0]!.now();
    redis = await RedisServer.start({ port: redis.port });

    expect(state).toBe('running');
    for (const running of accepted) await running.reaches('completed', REST_MS_MAX);
    expect(tools.effectsOf('away')).toHaveLength(3);
  });

  it('has everybody rung again as soon as an empty one is back, however late they would be due', async () => {
    await muster.register(aTool('hurried', 'keyed', tools.url));
    await redis.kill();
    const lostBefore = await lostRings();
    const running = await muster.submit(aPlan(aStep('hurried')));
    await until(async () => (await lostRings()) > lostBefore, { what: 'its ring being given up' });
    await muster.rows("update step set due_at = now() + interval '1 hour' where finished_at is null");

    redis = await RedisServer.start({ port: redis.port });

    await running.reaches('completed', REST_MS_MAX);
    expect(tools.effectsOf('hurried')).toHaveLength(1);
  });
});
