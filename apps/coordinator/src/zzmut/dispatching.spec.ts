import { LIMITS, type StepDocument } from '@muster/domain';
import type { Ring } from './decision';
import { aStep, TaskWorld } from './testing/task.world';

const aChain = (length: number, first: Partial<StepDocument> = {}) =>
  Array.from({ length }, (_, i) => aStep(`s${i}`, i ? { needs: [`s${i - 1}`] } : first));
const keysOf = (world: TaskWorld, ring: Ring | undefined) =>
  ring?.to === 'executor' ? ring.run.map(({ id }) => world.store.steps.get(id)!.key) : [];
const lastRun = (world: TaskWorld) => keysOf(world, world.rings.filter(({ to }) => to === 'executor').at(-1));

/** What an executor does with a run: each step is claimed as soon as the one before it has its answer. */
function work(world: TaskWorld, ...keys: string[]): void {
  for (const key of keys) {
    expect(world.claim(key)).toBe('claimed');
    world.settle(key);
  }
}

describe('a run', () => {
  it('is a chain that is dispatched with its first step', () => {
    const world = new TaskWorld(aChain(3));

    expect(lastRun(world)).toEqual(['s0', 's1', 's2']);
    expect(world.step('s0')).toMatchObject({ state: 'dispatched', condition: { kind: 'answer' } });
    expect(world.step('s2')).toMatchObject({
      state: 'dispatched',
      condition: { kind: 'after', step: 's1' },
      dueAt: null,
    });
    expect(world.claim('s1')).toBe('early');
  });

  it('is folded as a whole in one decision, whatever the order of the plan', () => {
    const world = new TaskWorld(aChain(5).reverse());
    work(world, 's0', 's1', 's2', 's3', 's4');

    world.look('s3', 's0', 's4', 's1', 's2');

    expect(world.task.state).toBe('completed');
    expect(world.decisions).toHaveLength(1);
  });

  it('of full length is folded from its head alone, when every other ring was lost', () => {
    const world = new TaskWorld(aChain(2 * LIMITS.RUN_STEPS_MAX));
    work(world, ...Array.from({ length: LIMITS.RUN_STEPS_MAX }, (_, i) => `s${i}`));

    world.look('s0');

    expect(world.states('s0', 's63', 's64', 's127')).toEqual({
      s0: 'succeeded',
      s63: 'succeeded',
      s64: 'dispatched',
      s127: 'dispatched',
    });
    expect(lastRun(world)).toHaveLength(LIMITS.RUN_STEPS_MAX);
  });

  it('of full length sets off behind a gate', () => {
    const world = new TaskWorld(aChain(LIMITS.RUN_STEPS_MAX, { when: 'true' }));

    world.sweep();

    expect(lastRun(world)).toHaveLength(LIMITS.RUN_STEPS_MAX);
  });

  it('goes on with all its members when its head has lost its worker', () => {
    const world = new TaskWorld(aChain(10));
    work(world, 's0', 's1', 's2');
    world.look('s0', 's1', 's2');

    world.lose('s3', 'ended');

    expect(lastRun(world)).toEqual(['s3', 's4', 's5', 's6', 's7', 's8', 's9']);
    expect(world.step('s3').epoch).toBe(1);
    expect(world.step('s4')).toMatchObject({ epoch: 0, condition: { kind: 'after' } });
  });

  it('is rung again as a whole when nobody claimed its head', () => {
    const world = new TaskWorld(aChain(4));

    world.advance(LIMITS.ANSWER_DUE_MS);
    world.sweep();

    expect(lastRun(world)).toEqual(['s0', 's1', 's2', 's3']);
  });

  it('makes a member the head of the rest, swept for itself, when the one before it has ended', () => {
    const world = new TaskWorld(aChain(3));
    work(world, 's0');

    world.look('s0');

    expect(world.step('s1')).toMatchObject({
      state: 'dispatched',
      condition: { kind: 'answer' },
      dueAt: world.now + LIMITS.ANSWER_DUE_MS,
    });
  });

  it('ends with the failure of a step, and returns what the others had reserved', () => {
    const world = new TaskWorld(aChain(4));
    work(world, 's0');

    world.claim('s1');
    world.settle('s1', { state: 'failed', code: 'http_422' });
    world.look('s0', 's1');

    expect(world.states()).toEqual({ s0: 'succeeded', s1: 'failed', s2: 'skipped', s3: 'skipped' });
    expect(world.task.toolCalls).toBe(2);
  });

  it('waits while a step of it is verified, retried or parked', () => {
    const world = new TaskWorld(aChain(3));

    world.answer('s0', { outputValid: false });
    expect(world.claim('s1')).toBe('early');
    world.verdict('s0', true);

    expect(world.claim('s1')).toBe('claimed');
  });
});

describe('a member of a run that was refused', () => {
  it('is not believed before the step ahead of it has ended', () => {
    const world = new TaskWorld(aChain(3));
    world.claim('s0');
    world.refuse('s1', 'breaker_open');
    world.look('s1');
    expect(world.step('s1').state).toBe('dispatched');

    world.settle('s0', { state: 'failed', code: 'http_422' });
    world.look('s0');

    expect(world.states()).toEqual({ s0: 'failed', s1: 'skipped', s2: 'skipped' });
  });

  it('is folded together with the success ahead of it', () => {
    const world = new TaskWorld(aChain(3));
    work(world, 's0');
    world.refuse('s1', 'input_invalid');

    world.look('s0', 's1');

    expect(world.states()).toEqual({ s0: 'succeeded', s1: 'failed', s2: 'skipped' });
    expect(world.task.failure).toMatchObject({ exitReason: 'input_invalid', retryClass: 'refused' });
  });
});

describe('a full window', () => {
  it('keeps steps in the backlog until there is room', () => {
    const world = new TaskWorld([aStep('a'), aStep('b', { needs: ['a'] }), aStep('c')], { room: 0 });
    expect(world.states()).toEqual({ a: 'ready', b: 'pending', c: 'ready' });

    world.room = 1;
    world.sweep();

    expect(world.states()).toEqual({ a: 'dispatched', b: 'dispatched', c: 'ready' });
    expect(lastRun(world)).toEqual(['a', 'b']);
  });

  it('is not written again for every look at a step that waits for it', () => {
    const world = new TaskWorld([aStep('a')], { room: 0 });
    const { revision } = world.task;

    world.sweep();

    expect(world.task.revision).toBe(revision);
  });

  it('does not hold up a resend', () => {
    const world = new TaskWorld([aStep('a')]);
    world.room = 0;

    world.lose('a', 'ended');

    expect(world.step('a')).toMatchObject({ state: 'dispatched', epoch: 1 });
  });
});

describe('a budget of tool calls', () => {
  it('cuts a run short, and fails what would exceed it', () => {
    const world = new TaskWorld([aStep('first', { tool: 'slow' }), ...aChain(5, { needs: ['first'] })], {
      budget: { toolCalls: 3 },
    });

    world.answer('first');
    expect(lastRun(world)).toEqual(['s0', 's1']);
    work(world, 's0', 's1');
    world.look('s0', 's1');

    expect(world.step('s2').failure).toMatchObject({ exitReason: 'budget_exceeded' });
    expect(world.task).toMatchObject({ state: 'failed', toolCalls: 3 });
  });

  it('does not let a step fail whose call may have happened', () => {
    const world = new TaskWorld([aStep('a', { tool: 'pay' })], { budget: { toolCalls: 1 } });

    world.lose('a', 'fallen');

    expect(world.step('a')).toMatchObject({ state: 'parked', condition: { reason: 'budget_exceeded' } });
  });
});

describe('a claim that crosses the refusal of another executor', () => {
  it('stands, and is waited for at the same epoch', () => {
    const world = new TaskWorld([aStep('a')]);
    world.refuse('a', 'breaker_open');
    world.interfere = () => {
      world.interfere = () => undefined;
      world.claim('a');
    };
    world.look('a');
    expect(world.step('a').state).toBe('waiting');

    world.settle('a');
    world.look('a');

    expect(world.task).toMatchObject({ state: 'completed', toolCalls: 1 });
    expect(world.step('a').epoch).toBe(0);
  });

  it('is found when its worker is lost', () => {
    const world = new TaskWorld([aStep('a')]);
    world.worker('w2');
    world.refuse('a', 'breaker_open');
    world.interfere = () => {
      world.interfere = () => undefined;
      world.claim('a', 'w2');
    };
    world.look('a');

    world.loseWorker('w2', 'ended');
    world.sweep();

    expect(world.step('a')).toMatchObject({ state: 'dispatched', epoch: 1 });
  });
});

describe('a step that nobody claims for weeks', () => {
  it('keeps a count of rings that its column can hold', () => {
    const world = new TaskWorld([aStep('a')]);
    const step = world.step('a');
    world.store.steps.set(step.id, { ...step, rings: 29_999 });

    world.advance(LIMITS.ANSWER_DUE_MS);
    world.sweep();

    expect(world.step('a').rings).toBeLessThan(32_768);
    expect(world.step('a').dueAt).toBeGreaterThan(world.now);
  });
});
