import type { TaskRequest } from '@muster/client';
import { aChain, aPlan, aStep, aTask, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { PostgresCluster } from '../support/postgres-cluster';
import { ToolServer } from '../support/tool-server';

const STEPS = 20;
const CRASHES = 2;
const REST_MS_MAX = 60_000;
const SERVICES = ['coordinator', 'executor', 'verifier', 'planner'];
jest.setTimeout(120_000);

let postgres: PostgresCluster;
let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  // The queues are on the same server, as in the embedded profile: its crash takes everything away at once.
  postgres = await PostgresCluster.start({ durable: true });
  [muster, tools] = await Promise.all([
    Muster.start({ databaseUrl: postgres.url, queues: 'postgres' }),
    ToolServer.start(),
  ]);
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
  await postgres.stop();
});

const pidsOf = async () =>
  (await Promise.all(SERVICES.map((service) => muster.workers(service)))).flat().map(({ pid }) => pid);

/** One try, without the client's patience. */
async function tryOnce(request: TaskRequest, key: string): Promise<{ status: number; retryAfter: string | null }> {
  const response = await fetch(`${muster.client.url}/v1/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${muster.key}`, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(20_000),
  });
  await response.body?.cancel();
  return { status: response.status, retryAfter: response.headers.get('retry-after') };
}

describe('a Postgres that crashes while plans run', () => {
  it('loses nothing that was answered, has every effect take place once, and ends no process', async () => {
    await muster.register(aTool('chain', 'keyed', tools.url), aTool('wide', 'keyed', tools.url));
    tools.usually('chain', 'slow').usually('wide', ['slow', 'lostack']);
    const pids = await pidsOf();
    const wide = aPlan(...Array.from({ length: STEPS }, (_, n) => aStep('wide', { id: `s${n}` })));
    const accepted = [await muster.submit(aChain('chain', STEPS)), await muster.submit(wide)];

    for (let crash = 1; crash <= CRASHES; crash++) {
      await tools.request('chain', crash * 3);
      await postgres.crash();
      await postgres.recover();
    }

    await Promise.all(accepted.map((running) => running.reaches('completed', REST_MS_MAX)));
    expect(tools.effectsOf('chain')).toHaveLength(STEPS);
    expect(tools.effectsOf('wide')).toHaveLength(STEPS);
    expect(await pidsOf()).toEqual(expect.arrayContaining(pids));
  });
});

describe('a Postgres that is down', () => {
  it('has submissions answered with 503 and Retry-After, and sends nothing new', async () => {
    await muster.register(aTool('down', 'keyed', tools.url));
    const request = aTask(aPlan(aStep('down')));
    await (await muster.submit(aPlan(aStep('down')))).reaches('completed', REST_MS_MAX);
    await postgres.crash();

    const answer = await tryOnce(request, 'while-down');

    expect(answer).toEqual({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) });
    expect(tools.requestsTo('down')).toHaveLength(1);
    await postgres.recover();
    const { id } = await muster.client.tasks.submit(request, { idempotencyKey: 'while-down' });
    await muster.task(id).reaches('completed', REST_MS_MAX);
    expect(tools.effectsOf('down')).toHaveLength(2);
  });
});
