import type { EffectClass, PlanDocument } from '@muster/domain';
import { aChain, aPlan, aStep, aTask, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { type Behaviour, ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const WAIT_MS = 20_000;
const STEPS = 20;
jest.setTimeout(60_000);

let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  [muster, tools] = await Promise.all([Muster.start(), ToolServer.start()]);
  tools.refusingDuplicates();
});
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

async function callOnce(effect: EffectClass, behaviour: Behaviour) {
  const tool = aTool(`${effect}.${behaviour}`, effect, tools.url);
  await muster.client.tools.put(tool);
  tools.next(behaviour);
  const task = await muster.client.tasks.submit(aTask(aPlan(aStep(tool.name, { id: 'call' }))));
  const seen = await muster.client.tasks.get(task.id, { waitMs: WAIT_MS });
  return { seen, effects: tools.effects.filter((request) => request.tool === tool.name) };
}

describe('a call whose acknowledgement was lost after the effect', () => {
  it.each<[EffectClass, Behaviour]>([
    ['keyed', 'lostack'],
    ['keyed', 'lost500'],
    ['keyed', 'hangafter'],
    ['probed', 'lostack'],
    ['probed', 'lost500'],
    ['probed', 'hangafter'],
  ])('takes effect once with a %s tool that did %s', async (effect, behaviour) => {
    const { seen, effects } = await callOnce(effect, behaviour);

    expect(seen.state).toBe('completed');
    expect(effects).toHaveLength(1);
  });

  it.each<Behaviour>(['lostack', 'lost500', 'hangafter'])(
    'waits for a person with an opaque tool that did %s',
    async (behaviour) => {
      const { seen, effects } = await callOnce('opaque', behaviour);

      expect(seen.conditions).toContainEqual(expect.objectContaining({ type: 'NeedsAttention' }));
      expect(effects).toHaveLength(1);
    },
  );
});

describe('a call that never took effect', () => {
  it.each<[EffectClass, Behaviour]>([
    ['none', 'lostbefore'],
    ['keyed', 'lostbefore'],
    ['keyed', 'busy'],
    ['probed', 'lostbefore'],
    ['opaque', 'busy'],
  ])('is made again with a %s tool that did %s', async (effect, behaviour) => {
    const { seen, effects } = await callOnce(effect, behaviour);

    expect(seen.state).toBe('completed');
    expect(effects).toHaveLength(1);
  });

  it('ends as failed when the tool refuses for good', async () => {
    const { seen, effects } = await callOnce('keyed', 'reject');

    expect(seen.state).toBe('failed');
    expect(effects).toHaveLength(0);
  });
});

describe('an executor killed while its calls are under way', () => {
  const side = Array.from({ length: STEPS }, (_, index) =>
    aStep('keyed.side', { id: `s${index}`, input: { n: index } }),
  );

  it.each<[string, string, PlanDocument]>([
    ['side by side', 'keyed.side', aPlan(...side)],
    ['one after the other', 'keyed.chain', aChain('keyed.chain', STEPS)],
  ])('leaves one effect for each of many steps %s', async (_, name, plan) => {
    await muster.client.tools.put(aTool(name, 'keyed', tools.url));
    tools.usually('slow');
    const task = await muster.client.tasks.submit(aTask(plan));
    await until(() => tools.requests.some((request) => request.tool === name), { what: 'the first call' });

    await muster.kill('executor');

    const seen = await muster.client.tasks.get(task.id, { waitMs: WAIT_MS });
    expect(seen.state).toBe('completed');
    expect(tools.effects.filter((request) => request.tool === name)).toHaveLength(STEPS);
  });
});
