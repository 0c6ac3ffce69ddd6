import type { JsonObject, PlanDocument, StepDocument } from '@muster/domain';
import { aChain, aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

jest.setTimeout(90_000);

let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  [muster, tools] = await Promise.all([Muster.start(), ToolServer.start()]);
  await muster.register(
    aTool('echo', 'none', tools.url),
    aTool('pay', 'keyed', tools.url),
    aTool('refuse', 'keyed', tools.url),
  );
  tools.usually('echo', 'echo').usually('refuse', 'reject');
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

const aSay = (id: string, input: JsonObject, given: Partial<StepDocument> = {}) =>
  aStep('echo', { id, input, ...given });
const aRefusal = (id: string, given: Partial<StepDocument> = {}) => aStep('refuse', { id, ...given });

/** The states of a task's steps, by their keys, once it has reached `state`. */
async function statesOf(plan: PlanDocument, state: 'completed' | 'failed', input?: JsonObject) {
  const running = await muster.submit(plan, input && { input });
  const task = await running.reaches(state);
  const steps = await running.steps();
  const states = Object.fromEntries(Object.entries(steps).map(([key, step]) => [key, step.state]));
  return { task, steps, states };
}

describe('steps that read each other', () => {
  it('are sent what the steps before them answered, with its types kept', async () => {
    const plan = {
      ...aPlan(
        aSay('first', { n: '${{ input.n }}', list: [1, '${{ input.name }}'] }),
        aSay('second', { twice: '${{ steps.first.output.n * 2 }}', text: 'Dear ${{ steps.first.output.list[1] }}' }),
      ),
      output: { all: '${{ steps.second.output }}', n: '${{ steps.first.output.n }}' },
    };

    const { task } = await statesOf(plan, 'completed', { n: 21, name: 'Ada' });

    expect(task.output).toEqual({ all: { twice: 42, text: 'Dear Ada' }, n: 21 });
  });

  it('run one after the other through a chain longer than any run', async () => {
    await muster.register(aTool('long', 'keyed', tools.url));

    await (await muster.submit(aChain('long', 150))).reaches('completed');

    const order = tools.effectsOf('long').map(({ body }) => (JSON.parse(body) as { n: number }).n);
    expect(order).toEqual(Array.from({ length: 150 }, (_, index) => index));
  });

  it('fail the task where an expression does not hold, and nothing is sent', async () => {
    const plan = aPlan(
      aSay('first', { n: 1 }),
      aStep('pay', { id: 'second', input: { n: '${{ steps.first.output.missing }}' } }),
    );

    const { task, states } = await statesOf(plan, 'failed');

    expect(task.failure).toMatchObject({ exitReason: 'expression_error', attempts: {} });
    expect(states).toEqual({ first: 'succeeded', second: 'failed' });
  });
});

describe('a step with a condition', () => {
  it('is skipped where it does not hold, and those behind it see null', async () => {
    const plan = {
      ...aPlan(
        aSay('gate', { open: false }),
        aSay('gated', { n: 1 }, { when: 'steps.gate.output.open' }),
        aSay('behind', { seen: '${{ steps.gated.output }}' }),
      ),
      output: '${{ steps.behind.output.seen }}',
    };

    const { task, states } = await statesOf(plan, 'completed');

    expect(states).toEqual({ gate: 'succeeded', gated: 'skipped', behind: 'succeeded' });
    expect(task.output).toBeNull();
  });

  it('runs where it holds, also as the first of its plan', async () => {
    const { states } = await statesOf(aPlan(aSay('gated', {}, { when: 'input.go' })), 'completed', { go: true });

    expect(states).toEqual({ gated: 'succeeded' });
  });
});

describe('a step that fails for good', () => {
  it('fails the task, skips what stands behind it, and lets the rest go on', async () => {
    const plan = aPlan(aRefusal('bad'), aSay('behind', {}, { needs: ['bad'] }), aSay('beside', {}));

    const { task, states, steps } = await statesOf(plan, 'failed');

    expect(states).toEqual({ bad: 'failed', behind: 'skipped', beside: 'succeeded' });
    expect(task.failure).toMatchObject({ exitReason: 'http_422', stepId: steps.bad?.id });
    expect(task.failure?.trace).toMatchObject([{ tool: 'refuse', attempt: 1, state: 'failed', code: 'http_422' }]);
  });

  it('is passed over under onFailure: continue', async () => {
    const plan = aPlan(aRefusal('bad', { onFailure: 'continue' }), aSay('behind', {}, { needs: ['bad'] }));

    const { states } = await statesOf(plan, 'completed');

    expect(states).toEqual({ bad: 'failed', behind: 'succeeded' });
  });

  it('is made up for by its fallback', async () => {
    const plan = aPlan(
      aRefusal('bad', { onFailure: { fallback: 'instead' } }),
      aSay('instead', { from: 'fallback' }),
      aSay('behind', { seen: '${{ steps.instead.output.from }}' }, { needs: ['bad'] }),
    );

    const { states, steps } = await statesOf(plan, 'completed');

    expect(states).toEqual({ bad: 'failed', instead: 'succeeded', behind: 'succeeded' });
    expect(steps.behind?.output).toEqual({ seen: 'fallback' });
  });

  it('fails the task when its fallback fails as well', async () => {
    const plan = aPlan(
      aRefusal('bad', { onFailure: { fallback: 'instead' } }),
      aRefusal('instead'),
      aSay('behind', {}, { needs: ['bad'] }),
    );

    const { states } = await statesOf(plan, 'failed');

    expect(states).toEqual({ bad: 'failed', instead: 'failed', behind: 'skipped' });
  });
});

describe('a fallback that is not needed', () => {
  it('is skipped, and never sent', async () => {
    await muster.register(aTool('spare', 'keyed', tools.url));
    const plan = aPlan(aSay('good', {}, { onFailure: { fallback: 'instead' } }), aStep('spare', { id: 'instead' }));

    const { states } = await statesOf(plan, 'completed');

    expect(states).toEqual({ good: 'succeeded', instead: 'skipped' });
    expect(tools.requestsTo('spare')).toHaveLength(0);
  });
});

describe('a forEach', () => {
  it('keeps the order of its items, and runs no more of them at once than it may', async () => {
    await muster.register(aTool('each', 'keyed', tools.url));
    tools.usually('each', ['slow', 'ok']);
    const plan = {
      ...aPlan(
        aStep('each', { forEach: '${{ input.list }}', as: 'one', maxParallel: 3, input: { n: '${{ one }}' } }),
        aSay('after', { count: '${{ size(steps.each.outputs) }}' }),
      ),
      output: '${{ steps.after.output.count }}',
    };
    const list = Array.from({ length: 12 }, (_, index) => index);

    const { task, steps } = await statesOf(plan, 'completed', { list });

    const keys = Object.keys(steps).filter((key) => key.includes('['));
    expect(keys).toEqual(list.map((index) => `each[${index}]`));
    expect(tools.peakOf('each')).toBe(3);
    expect(tools.effectsOf('each')).toHaveLength(12);
    expect(task.output).toBe(12);
  });

  it('gives its outputs in the items’ order, whichever was answered first', async () => {
    const plan = {
      ...aPlan(aSay('each', { n: '${{ one * 10 }}' }, { forEach: '${{ input.list }}', as: 'one' })),
      output: '${{ steps.each.outputs }}',
    };

    const { task } = await statesOf(plan, 'completed', { list: [3, 1, 2] });

    expect(task.output).toEqual([{ n: 30 }, { n: 10 }, { n: 20 }]);
  });

  it('succeeds at once over an empty list', async () => {
    const plan = {
      ...aPlan(aSay('each', { n: '${{ one }}' }, { forEach: '${{ input.list }}', as: 'one' })),
      output: '${{ steps.each.outputs }}',
    };

    const { task } = await statesOf(plan, 'completed', { list: [] });

    expect(task.output).toEqual([]);
  });

  it('fails for good over what is no list', async () => {
    const plan = aPlan(aSay('each', { n: '${{ one }}' }, { forEach: '${{ input.list }}', as: 'one' }));

    const { task } = await statesOf(plan, 'failed', { list: 'seven' });

    expect(task.failure).toMatchObject({ exitReason: 'expression_error' });
  });

  it('tells how many of its items failed, when all have ended', async () => {
    await muster.register(aTool('some', 'keyed', tools.url));
    tools.next('some', 'reject', 'reject');
    const plan = aPlan(
      aStep('some', { forEach: '${{ input.list }}', as: 'one', maxParallel: 1, input: { n: '${{ one }}' } }),
    );

    const { task, states } = await statesOf(plan, 'failed', { list: [1, 2, 3] });

    expect(states).toEqual({ some: 'failed', 'some[0]': 'failed', 'some[1]': 'failed', 'some[2]': 'succeeded' });
    expect(task.failure).toMatchObject({ exitReason: 'items_failed' });
    expect(task.failure?.message).toContain('2 of 3');
  });
});

describe('what the verifier has to say', () => {
  it('lets a step succeed whose check holds, and fails one whose check does not', async () => {
    const plan = aPlan(
      aSay('good', { n: 1 }, { check: 'output.n == 1' }),
      aSay('bad', { n: 1 }, { check: 'output.n == 2' }),
      aSay('behind', {}, { needs: ['bad'] }),
    );

    const { task, states } = await statesOf(plan, 'failed');

    expect(states).toEqual({ good: 'succeeded', bad: 'failed', behind: 'skipped' });
    expect(task.failure).toMatchObject({ retryClass: 'verdict' });
  });

  it('does not believe an answer that is not what the contract says', async () => {
    await muster.register(
      aTool('lies', 'keyed', tools.url, { output: { type: 'object', properties: { id: { type: 'integer' } } } }),
    );

    const { task } = await statesOf(aPlan(aStep('lies'), aSay('behind', {}, { needs: ['lies'] })), 'failed');

    expect(task.failure).toMatchObject({ retryClass: 'verdict' });
    expect(task.standingEffects).toHaveLength(1);
  });

  it('holds the criteria of the plan and of the task against the evidence', async () => {
    const plan = { ...aPlan(aSay('one', { n: 1 })), completion: ['steps.one.output.n == 1'] };

    const held = await muster.submit(plan, { completion: ['steps.one.state == "succeeded"'] });
    const broken = await muster.submit(plan, { completion: ['steps.one.output.n > 1'] });

    await held.reaches('completed');
    expect((await broken.reaches('failed')).failure).toMatchObject({ retryClass: 'verdict' });
  });
});

describe('a plan that breaks a rule', () => {
  it('is refused with every reason at once, and leaves nothing behind', async () => {
    await muster.register(aTool('never', 'keyed', tools.url));
    const plan = aPlan(
      aStep('never', { id: 'a', needs: ['b'] }),
      aStep('never', { id: 'b', needs: ['a'] }),
      aStep('nevr', { id: 'c' }),
    );

    const refusal = await muster.submit(plan).catch((problem: unknown) => problem);

    expect(refusal).toMatchObject({ status: 422 });
    const { errors } = refusal as { errors: { pointer: string; message: string }[] };
    expect(errors.map(({ pointer }) => pointer)).toContain('/plan/steps/2/tool');
    expect(errors.length).toBeGreaterThan(1);
    expect(tools.requestsTo('never')).toHaveLength(0);
  });
});

describe('a budget of calls', () => {
  it('refuses a plan whose worst case does not fit', async () => {
    const plan = aPlan(aSay('one', {}, { retry: { maxAttempts: 3 } }));

    await expect(muster.submit(plan, { budget: { toolCalls: 2 } })).rejects.toMatchObject({
      status: 422,
      errors: [{ pointer: '/budget/toolCalls' }],
    });
  });
});

describe('a run whose next call takes long', () => {
  it('tells all the same that the step before it has succeeded', async () => {
    await muster.register(aTool('long.call', 'keyed', tools.url, { timeoutMs: 20_000 }));
    tools.next('long.call', 'ok', 'hang');
    const running = await muster.submit(aChain('long.call', 2));

    await until(async () => (await running.steps()).s0?.state === 'succeeded', { what: 'the first step being told' });

    expect((await running.steps()).s1?.state).toBe('executing');
    tools.answerAll();
    await running.reaches('completed');
  });
});
