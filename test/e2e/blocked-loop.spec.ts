import { aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const LEASE_MS = 3_000;
const REST_MS_MAX = 60_000;
/** Past the lease, and past half of a shorter one: nothing may be sent any more on what was proven before. */
const PAST_THE_LEASE = {
  MUSTER_FAULT: 'executor.after-claim:block',
  MUSTER_FAULT_BLOCK_MS: String(3 * LEASE_MS),
  LEASE_TTL_MS: String(LEASE_MS),
  HEARTBEAT_MS: String(LEASE_MS / 5),
};
/** Within the lease of 30 s that it is given here, whatever else the machine does. */
const WITHIN_THE_LEASE = { MUSTER_FAULT: 'executor.after-claim:block', LEASE_TTL_MS: '30000', HEARTBEAT_MS: '1000' };
jest.setTimeout(120_000);

let muster: Muster;
let tools: ToolServer;
const begin = async (env: Record<string, string>) => {
  [muster, tools] = await Promise.all([Muster.start({ env }), ToolServer.start()]);
  await muster.register(aTool('pay', 'keyed', tools.url));
};
afterEach(async () => {
  await muster.expectNoBreach();
  await tools.stop();
  await muster.stop({ unasked: false });
});

const isBlocked = () => until(() => muster.struck().length > 0, { what: 'an executor whose event loop stands still' });

describe('an executor whose event loop stands still for 2.5 s between the claim and the sending', () => {
  it('sends when it goes on, and is nobody else’s business', async () => {
    await begin(WITHIN_THE_LEASE);
    const [worker] = await muster.workers('executor');
    const task = await muster.submit(aPlan(aStep('pay')));
    await isBlocked();
    expect(await muster.leakedTransactions()).toEqual([]);

    await task.reaches('completed', REST_MS_MAX);

    expect(tools.requestsTo('pay')).toHaveLength(1);
    expect(await muster.workers('executor')).toEqual([worker]);
  });
});

describe('an executor whose event loop stands still past its lease', () => {
  it('sends nothing on what it had claimed, which another claim does, and takes work under a new id', async () => {
    await begin(PAST_THE_LEASE);
    const [blocked] = await muster.workers('executor');
    const task = await muster.submit(aPlan(aStep('pay')));
    await isBlocked();
    expect(await muster.leakedTransactions()).toEqual([]);
    await muster.startAnother('executor', { MUSTER_FAULT: '' });

    await task.reaches('completed', REST_MS_MAX);
    await until(
      async () => (await muster.workers('executor')).some(({ id, pid }) => pid === blocked!.pid && id !== blocked!.id),
      {
        what: 'the blocked executor going on under a new id',
        deadlineMs: REST_MS_MAX,
      },
    );

    const [done] = await muster.rows<{ state: string; worker_id: string }>('select state, worker_id from operation');
    expect(done).toEqual({ state: 'succeeded', worker_id: expect.not.stringMatching(blocked!.id) });
    expect(tools.requestsTo('pay')).toHaveLength(1);
  });
});
