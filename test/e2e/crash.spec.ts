import type { EffectClass, PlanDocument } from '@muster/domain';
import { aChain, aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import type { RunningTask } from '../support/running-task';
import { type Behaviour, ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const STEPS = 20;
/** Far longer than a test: only a crash ends these calls. */
const TIMEOUT_MS = 60_000;
jest.setTimeout(90_000);

let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  [muster, tools] = await Promise.all([Muster.start(), ToolServer.start()]);
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

/** A task whose only call hangs: the effect took place, or not, and no answer comes. */
async function aHangingCall(effect: EffectClass, behaviour: Behaviour): Promise<RunningTask> {
  const tool = `${effect}.${behaviour}`;
  await muster.register(aTool(tool, effect, tools.url, { timeoutMs: TIMEOUT_MS }));
  if (effect !== 'keyed') tools.withoutMemory(tool);
  tools.next(tool, behaviour);
  return muster.submit(aPlan(aStep(tool)));
}

describe('an executor killed in the middle of a call', () => {
  const cells: [EffectClass, Behaviour, { state: string; sendings: number; effects: number }][] = [
    ['none', 'hang', { state: 'completed', sendings: 2, effects: 1 }],
    ['keyed', 'hang', { state: 'completed', sendings: 2, effects: 1 }],
    ['keyed', 'hangafter', { state: 'completed', sendings: 2, effects: 1 }],
    ['probed', 'hang', { state: 'completed', sendings: 2, effects: 1 }],
    ['probed', 'hangafter', { state: 'completed', sendings: 1, effects: 1 }],
    ['opaque', 'hang', { state: 'running', sendings: 1, effects: 0 }],
    ['opaque', 'hangafter', { state: 'running', sendings: 1, effects: 1 }],
  ];
  const running = new Map<string, RunningTask>();

  beforeAll(async () => {
    for (const [effect, behaviour] of cells)
      running.set(`${effect}.${behaviour}`, await aHangingCall(effect, behaviour));
    for (const tool of running.keys()) await tools.request(tool);
    await muster.kill('executor');
  });

  it.each(cells)(
    'leaves a %s call that did %s to be answered for as its class says',
    async (effect, behaviour, expected) => {
      const task = running.get(`${effect}.${behaviour}`) as RunningTask;

      const { state } = await task.rests();

      const { sendings } = await task.operation();
      expect({ state, sendings, effects: tools.effectsOf(`${effect}.${behaviour}`).length }).toEqual(expected);
    },
  );
});

describe('an executor killed while many calls are under way', () => {
  const side = Array.from({ length: STEPS }, (_, n) => aStep('side', { id: `s${n}`, input: { n } }));

  it.each<[string, string, PlanDocument]>([
    ['side by side', 'side', aPlan(...side)],
    ['one after the other', 'chain', aChain('chain', STEPS)],
  ])('leaves one effect for each of them, %s', async (_, tool, plan) => {
    await muster.register(aTool(tool, 'keyed', tools.url));
    tools.usually(tool, 'slow');
    const task = await muster.submit(plan);
    await tools.request(tool, 2);

    await muster.kill('executor');

    await task.reaches('completed');
    expect(tools.effectsOf(tool)).toHaveLength(STEPS);
  });
});

describe('a coordinator killed while plans run', () => {
  it('loses nothing, and every effect takes place once', async () => {
    await muster.register(aTool('orphaned', 'keyed', tools.url));
    tools.usually('orphaned', ['slow', 'ok', 'lostack']);
    const task = await muster.submit({
      ...aChain('orphaned', STEPS),
      completion: ['steps.s19.state == "succeeded"'],
    });
    await tools.request('orphaned', 3);

    await muster.kill('coordinator');

    await task.reaches('completed');
    expect(tools.effectsOf('orphaned')).toHaveLength(STEPS);
  });
});

describe('a verifier killed while it has effects to read back', () => {
  it('leaves them to the next one', async () => {
    await muster.register(aTool('read.back', 'probed', tools.url));
    tools.withoutMemory('read.back').usually('read.back', ['ok', 'lostack']);
    const wide = Array.from({ length: STEPS }, (_, n) =>
      aStep('read.back', { id: `s${n}`, check: 'output.status == "done"' }),
    );
    const task = await muster.submit(aPlan(...wide));
    await until(() => tools.probes.length > 2, { what: 'the first probes' });

    await muster.kill('verifier');

    await task.reaches('completed');
    expect(tools.effectsOf('read.back')).toHaveLength(STEPS);
  });
});

describe('a step that loses its worker again and again', () => {
  it('is set aside after three times, and others go on', async () => {
    await muster.register(
      aTool('poison', 'keyed', tools.url, { timeoutMs: TIMEOUT_MS }),
      aTool('other', 'keyed', tools.url),
    );
    tools.usually('poison', 'hang');
    const poison = await muster.submit(aPlan(aStep('poison')));

    for (let losses = 1; losses <= 3; losses++) {
      await tools.request('poison', losses);
      await muster.kill('executor');
    }

    expect(await poison.isParked()).toBe('quarantined');
    await (await muster.submit(aPlan(aStep('other')))).reaches('completed');
    expect(tools.requestsTo('poison')).toHaveLength(3);
  });
});
