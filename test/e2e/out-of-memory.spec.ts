import { randomUUID } from 'node:crypto';
import type { EffectClass } from '@muster/domain';
import { aChain, aPlan, aStep, aTask, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { patiently } from '../support/patiently';
import type { RunningTask } from '../support/running-task';
import { type Behaviour, ToolServer } from '../support/tool-server';
import { until } from '../support/until';

/** Enough for each service at its work, and not for a sixth of what comes at once here. */
const SMALL_HEAP = '--max-old-space-size=192';
const AT_ONCE = 24;
/** Rows as an export of a table has them; when they are read they take several times the room of their text. */
const tableOf = (rows: number) => ({ rows: Array.from({ length: rows }, (_, id) => ({ id, of: {} })) });
/** Far longer than a test: only the end of its process ends these calls. */
const TIMEOUT_MS = 60_000;
jest.setTimeout(120_000);

let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  const env = { NODE_OPTIONS: SMALL_HEAP };
  [muster, tools] = await Promise.all([Muster.start({ env }), ToolServer.start()]);
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

/** The supervisor tells how a service ended. V8 aborts a process whose heap is full. */
const runsOut = (service: string) =>
  until(() => muster.log().includes(`${service} ended (SIGABRT)`), { what: `the ${service} running out of memory` });

describe('an executor that runs out of memory over what many calls answer at once', () => {
  /** 10 MB of text. */
  const TABLE = tableOf(500_000);
  /** Calls that are under way meanwhile, and what their class makes of the end of their worker. */
  const cells: [EffectClass, Behaviour, { state: string; sendings: number; effects: number }][] = [
    ['none', 'hang', { state: 'completed', sendings: 2, effects: 1 }],
    ['keyed', 'hangafter', { state: 'completed', sendings: 2, effects: 1 }],
    ['probed', 'hang', { state: 'completed', sendings: 2, effects: 1 }],
    ['probed', 'hangafter', { state: 'completed', sendings: 1, effects: 1 }],
    ['opaque', 'hangafter', { state: 'running', sendings: 1, effects: 1 }],
  ];
  const nameOf = (effect: EffectClass, behaviour: Behaviour) => `${effect}.${behaviour}`;

  async function aHangingCall(effect: EffectClass, behaviour: Behaviour): Promise<RunningTask> {
    const tool = nameOf(effect, behaviour);
    await muster.register(aTool(tool, effect, tools.url, { timeoutMs: TIMEOUT_MS }));
    if (effect !== 'keyed') tools.withoutMemory(tool);
    tools.next(tool, behaviour);
    const task = await muster.submit(aPlan(aStep(tool)));
    await tools.request(tool);
    return task;
  }

  it('is followed by another one, which answers for each call as its class says, and nothing is lost', async () => {
    await muster.register(aTool('export', 'none', tools.url, { timeoutMs: TIMEOUT_MS }));
    const running = await Promise.all(cells.map(([effect, behaviour]) => aHangingCall(effect, behaviour)));
    tools.next('export', ...Array<Behaviour>(AT_ONCE).fill('hang'));
    const wide = Array.from({ length: AT_ONCE }, (_, n) => aStep('export', { id: `s${n}` }));
    const exported = await muster.submit(aPlan(...wide));
    await tools.request('export', AT_ONCE);

    tools.answerWith('export', TABLE);
    await runsOut('executor');

    expect(await muster.leakedTransactions()).toEqual([]);
    await exported.reaches('completed');
    for (const [index, [effect, behaviour, expected]] of cells.entries()) {
      const { state } = await running[index]!.rests();
      const { sendings } = await running[index]!.operation();
      const effects = tools.effectsOf(nameOf(effect, behaviour)).length;
      expect([effect, behaviour, { state, sendings, effects }]).toEqual([effect, behaviour, expected]);
    }
  });
});

describe('a coordinator that runs out of memory over what many submit at once', () => {
  const STEPS = 20;
  const ASKED_AGAIN = 2;
  /** 3 MB of text: one of them at a time is no trouble. */
  const TABLE = tableOf(150_000);

  it('is followed by another one: what ran goes on, and who asks again has one task', async () => {
    await muster.register(aTool('chain', 'keyed', tools.url), aTool('pay', 'keyed', tools.url));
    tools.usually('chain', 'slow');
    const chain = await muster.submit(aChain('chain', STEPS));
    await tools.request('chain', 2);
    const request = aTask(aPlan(aStep('pay')), { input: TABLE });
    const keys = Array.from({ length: AT_ONCE }, () => randomUUID());

    const first = Promise.allSettled(keys.map((key) => tryOnce(JSON.stringify(request), key)));
    await runsOut('coordinator');
    await first;

    expect(await muster.leakedTransactions()).toEqual([]);
    const tasks = new Set<string>();
    // One after the other: that is no trouble.
    for (const key of [...keys.slice(0, ASKED_AGAIN), keys[0]!]) tasks.add((await submitPatiently(request, key)).id);
    expect(tasks.size).toBe(ASKED_AGAIN);
    await chain.reaches('completed');
    const pays = () => muster.rows<{ state: string }>("select state from step where tool = 'pay'");
    await until(async () => (await pays()).every(({ state }) => state === 'succeeded'), {
      what: 'all that was accepted',
    });
    const accepted = (await pays()).length;
    expect(accepted).toBeGreaterThanOrEqual(ASKED_AGAIN);
    expect([tools.effectsOf('chain').length, tools.effectsOf('pay').length]).toEqual([STEPS, accepted]);
  });

  const submitPatiently = (request: ReturnType<typeof aTask>, idempotencyKey: string) =>
    patiently(() => muster.client.tasks.submit(request, { idempotencyKey }));

  /** One try, without the client's patience. */
  async function tryOnce(body: string, key: string): Promise<void> {
    const headers = {
      authorization: `Bearer ${muster.key}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    };
    await (await fetch(`${muster.client.url}/v1/tasks`, { method: 'POST', headers, body })).body?.cancel();
  }
});
