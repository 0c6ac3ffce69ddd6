import { randomBytes, randomUUID } from 'node:crypto';
import type { TaskRequest } from '@muster/client';
import { aChain, aPlan, aStep, aTask, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { PostgresCluster } from '../support/postgres-cluster';
import { SmallDisk } from '../support/small-disk';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const DISK_MB = 256;
const STEPS = 30;
/** More than Postgres finds room for in pages it has already. */
const LARGE_BYTES = 200_000;
const AT_ONCE = 5;
const REST_MS_MAX = 60_000;
const SERVICES = ['coordinator', 'executor', 'verifier', 'planner'];
jest.setTimeout(180_000);

// A disk of one's own is root's to have. Elsewhere the run says that this was not tested.
const disk = SmallDisk.mount(DISK_MB);
const onItsOwnDisk = disk ? describe : describe.skip;

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly id?: string;
}

onItsOwnDisk('a Postgres whose disk is full', () => {
  let postgres: PostgresCluster;
  let muster: Muster;
  let tools: ToolServer;
  beforeAll(async () => {
    postgres = await PostgresCluster.start({ durable: true, disk: disk!.folder });
    [muster, tools] = await Promise.all([Muster.start({ databaseUrl: postgres.url }), ToolServer.start()]);
  });
  afterAll(async () => {
    disk!.heal();
    await tools?.stop();
    await muster?.stop();
    await postgres?.stop();
    disk!.unmount();
  });

  const pidsOf = async () =>
    (await Promise.all(SERVICES.map((service) => muster.workers(service)))).flat().map(({ pid }) => pid);

  /** One try, without the client's patience. */
  async function tryOnce(request: TaskRequest, key: string): Promise<Answer> {
    const response = await fetch(`${muster.client.url}/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${muster.key}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(20_000),
    });
    const { id } = (await response.json()) as { id?: string };
    return { status: response.status, retryAfter: response.headers.get('retry-after'), id };
  }

  it('refuses with 503 what it cannot keep, loses nothing that it answered for, and goes on when there is room', async () => {
    await muster.register(aTool('chain', 'keyed', tools.url), aTool('large', 'keyed', tools.url));
    tools.usually('chain', ['slow', 'lostack']);
    const pids = await pidsOf();
    const under = await muster.submit(aChain('chain', STEPS));
    await tools.request('chain', 3);

    const asked = new Map<string, TaskRequest>();
    const answers: Answer[] = [];
    const tryNew = async () => {
      const key = randomUUID();
      asked.set(key, aTask(aPlan(aStep('large', { input: { text: randomBytes(LARGE_BYTES / 2).toString('hex') } }))));
      answers.push(await tryOnce(asked.get(key)!, key));
    };
    await until(
      async () => {
        disk!.fill();
        await Promise.all(Array.from({ length: AT_ONCE }, tryNew));
        return answers.filter(({ status }) => status === 503).length >= AT_ONCE;
      },
      { what: 'submissions being refused', deadlineMs: REST_MS_MAX },
    );
    disk!.heal();
    if (!(await postgres.isUp())) await postgres.recover();

    const refused = answers.filter(({ id }) => id === undefined);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([503]));
    for (const { retryAfter } of refused) expect(retryAfter).toMatch(/^\d+$/);
    const again = [...asked].map(([key, request]) => muster.client.tasks.submit(request, { idempotencyKey: key }));
    const ids = (await Promise.all(again)).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(answers.flatMap(({ id }) => id ?? [])));
    await Promise.all(
      [under, ...ids.map((id) => muster.task(id))].map((task) => task.reaches('completed', REST_MS_MAX)),
    );
    expect(tools.effectsOf('chain')).toHaveLength(STEPS);
    expect(tools.effectsOf('large')).toHaveLength(asked.size);
    expect(await pidsOf()).toEqual(expect.arrayContaining(pids));
    await muster.expectNoBreach();
  });

  it('has nothing sent that is not recorded', async () => {
    const rows = await muster.rows<{ id: string; sending: number }>('select id, sending from operation');

    const sendings = new Map(rows.map(({ id, sending }) => [id.replaceAll('-', ''), sending]));
    const sent = Map.groupBy([...tools.requestsTo('chain'), ...tools.requestsTo('large')], (one) => one.operationId);
    for (const [operation, requests] of sent) expect(sendings.get(operation)).toBeGreaterThanOrEqual(requests.length);
  });
});
