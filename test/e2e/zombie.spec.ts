import type { EffectClass } from '@muster/domain';
import { aPlan, aStep, aTool } from '../support/builders';
import { Muster, type WorkerProcess } from '../support/muster';
import type { RunningTask } from '../support/running-task';
import { type Behaviour, ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const LEASE_TTL_MS = 1_500;
const TIMEOUT_MS = 60_000;
jest.setTimeout(90_000);

let muster: Muster;
let tools: ToolServer;
let zombies: WorkerProcess[];
const running = new Map<string, RunningTask>();

const CELLS: [EffectClass, Behaviour][] = [
  ['none', 'hang'],
  ['keyed', 'hangafter'],
  ['probed', 'hangafter'],
  ['opaque', 'hangafter'],
];

// Every call is made by an executor that then freezes for longer than its lease, while another one takes over. Its
// connections stay open meanwhile, and its lock stands: only the lease can tell.
beforeAll(async () => {
  const env = { LEASE_TTL_MS: String(LEASE_TTL_MS), HEARTBEAT_MS: '300' };
  [muster, tools] = await Promise.all([Muster.start({ env }), ToolServer.start()]);
  for (const [effect, behaviour] of CELLS) {
    await muster.register(aTool(effect, effect, tools.url, { timeoutMs: TIMEOUT_MS }));
    if (effect !== 'keyed') tools.withoutMemory(effect);
    tools.next(effect, behaviour);
    running.set(effect, await muster.submit(aPlan(aStep(effect))));
    await tools.request(effect);
  }
  zombies = await muster.freeze('executor');
  await muster.startAnother('executor');
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

const taskOf = (effect: EffectClass): RunningTask => running.get(effect) as RunningTask;

describe('an executor frozen past its lease', () => {
  it.each<[EffectClass, { state: string; sendings: number; effects: number }]>([
    ['none', { state: 'completed', sendings: 2, effects: 1 }],
    ['keyed', { state: 'completed', sendings: 2, effects: 1 }],
    ['probed', { state: 'completed', sendings: 1, effects: 1 }],
    ['opaque', { state: 'running', sendings: 1, effects: 1 }],
  ])('has its %s call taken over as the class says', async (effect, expected) => {
    const { state } = await taskOf(effect).rests();

    // A sending of which no byte left, since its claim had grown too old on a busy machine, is none that the tool saw.
    const sendings = tools.requestsTo(effect).length;
    expect({ state, sendings, effects: tools.effectsOf(effect).length }).toEqual(expected);
  });

  describe('and thawed when its calls have been answered', () => {
    beforeAll(async () => {
      for (const task of running.values()) await task.rests();
      tools.answerAll();
      muster.thaw();
    });

    it('changes nothing that was decided meanwhile: what it knows is kept as evidence', async () => {
      const late = () =>
        muster.rows<{ effect: string }>(
          'select o.effect from sending s join operation o on o.id = s.operation_id where s.late order by 1',
        );
      await until(async () => (await late()).length >= 2, { what: 'the late answers' });

      expect((await late()).map(({ effect }) => effect)).toEqual(['keyed', 'none']);
      for (const effect of ['none', 'keyed', 'probed'] as const) {
        expect(await taskOf(effect).now()).toMatchObject({ state: 'completed' });
      }
    });

    it('resolves what waited for a person: its answer is a fact', async () => {
      await taskOf('opaque').reaches('completed');

      expect(await taskOf('opaque').operation()).toMatchObject({ state: 'succeeded', sendings: 1 });
    });

    it('goes on under a new name', async () => {
      const ids = zombies.map(({ id }) => id);
      const pids = zombies.map(({ pid }) => pid);

      const reborn = await until(async () => (await muster.workers('executor')).find(({ pid }) => pids.includes(pid)), {
        what: 'the executor registering anew',
      });

      expect(ids).not.toContain(reborn.id);
    });
  });
});
