import { FAULT_POINTS, type FaultPoint } from '@muster/chassis';
import { aPlan, aTool } from '../support/builders';
import { anAgent, asks, ends, type Moment, mindOf, modelsAt } from '../support/model-minds';
import { ModelServer } from '../support/model-server';
import { Muster } from '../support/muster';
import type { RunningTask } from '../support/running-task';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const TASKS = 4;
const REST_MS_MAX = 60_000;
jest.setTimeout(120_000);

/** A refusal by the executor is on no loop's way, and the withdrawals have tests of their own. */
const ON_THE_WAY = FAULT_POINTS.filter(
  (point) =>
    /^executor\.(?!.*refusal)/.test(point) ||
    /^coordinator\.(before|after)-(commit|ring)$|^coordinator\.before-ack$/.test(point),
);

/** A read, and two payments behind it: one of what it says, one by an agent. */
const PLAN = {
  steps: [
    { id: 'own', tool: 'pay', input: { seen: '${{ steps.last.output.n }}' } },
    { id: 'other', agent: 'cashier', input: { sum: 5, about: '${{ steps.own.output }}' } },
    { id: 'last', tool: 'look', input: { n: 3 } },
  ],
};

/** Two reads, a plan, and a last word: every round leans on the one before, and in the plan every step. */
const MINDS = {
  clerk: ({ round, results }: Moment) => {
    if (round === 1) return asks(['look', { n: 1 }], ['look', { n: 2 }]);
    if (round === 2) return asks(['muster.plan', PLAN]);
    return ends({ done: results.length === 3 && results[2]!.split('"succeeded"').length === 4 });
  },
  cashier: ({ input, round }: Moment) => (round === 1 ? asks(['pay', { sum: input.sum ?? 0 }]) : ends()),
};
/** Model calls: three of the clerk, two of the cashier. Tool calls: three reads, two payments. */
const OPERATIONS = 10;

let muster: Muster;
let tools: ToolServer;
let models: ModelServer;
beforeAll(async () => {
  [tools, models] = await Promise.all([ToolServer.start(), ModelServer.start()]);
  models.usually(mindOf(MINDS));
  muster = await Muster.start({ env: { MODELS: modelsAt(models) } });
  await muster.register(aTool('look', 'none', tools.url), aTool('pay', 'keyed', tools.url));
  tools.usually('look', 'echo');
  await muster.client.agents.put(anAgent('cashier', { tools: ['pay'] }));
  await muster.client.agents.put(anAgent('clerk', { plans: true, tools: ['look', 'pay'], agents: ['cashier'] }));
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await Promise.all([tools.stop(), models.stop()]);
  await muster.stop();
});

const submitSome = () =>
  Promise.all(
    Array.from({ length: TASKS }, () =>
      muster.submit({ ...aPlan({ id: 'work', agent: 'clerk', input: {} }), output: '${{ steps.work.output }}' }),
    ),
  );

/** Nothing of the loop happened twice: not one call more than it has, each answered once, each payment made once. */
async function expectOneLoop(task: RunningTask): Promise<void> {
  const ended = await task.reaches('completed', REST_MS_MAX);
  expect(ended.output).toEqual({ done: true });
  const operations = await task.operations();
  expect(operations).toHaveLength(OPERATIONS);
  expect(operations.filter(({ state }) => state !== 'succeeded')).toEqual([]);
  const paid = operations.filter(({ tool }) => tool === 'pay').map(({ id }) => id.replace('op_', ''));
  const effects = tools.effectsOf('pay').filter(({ operationId }) => paid.includes(operationId));
  expect(effects).toHaveLength(2);
}

describe('an agent’s loop goes on where it was, and repeats nothing that was answered,', () => {
  it.each(ON_THE_WAY)('when a process dies at %s', async (point: FaultPoint) => {
    const [service = ''] = point.split('.');
    const doomed = await muster.startAnother(service, { MUSTER_FAULT: `${point}:kill:3` });
    const isGone = async () => !(await muster.workers(service)).some(({ id }) => id === doomed.id);

    const tasks: RunningTask[] = [];
    // Which of the two processes gets which work is nobody's to say: more comes until the doomed one has met its end.
    await until(
      async () => {
        const some = await submitSome();
        tasks.push(...some);
        for (const task of some) await expectOneLoop(task);
        return isGone();
      },
      { what: `the end of the ${service} at ${point}`, deadlineMs: REST_MS_MAX },
    );

    expect(tasks.length).toBeGreaterThan(0);
  });
});
