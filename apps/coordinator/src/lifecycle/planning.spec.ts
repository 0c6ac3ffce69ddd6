import { LIMITS, PLANNER, type StepDocument } from '@muster/domain';
import { GoalWorld } from './testing/goal.world';
import { aStep, type WorldOptions } from './testing/task.world';

/** What its planner is told of a plan that it proposed first. */
function reasons(steps: readonly object[], budget: Record<string, number> = {}): string[] {
  const world = new GoalWorld({ budget });
  world.plans('plan/1', steps as readonly StepDocument[]);
  const { call } = world.step('plan/2');
  return (call?.kind === 'model' ? (call.problems ?? []) : []).map(({ code, pointer }) => `${code} ${pointer}`);
}

describe('a proposed plan', () => {
  it('becomes the plan of the task, with everything pinned that the goal was granted', () => {
    const world = new GoalWorld({ grants: ['read', 'pay'] });

    world.plans('plan/1', [aStep('a')]);

    expect(world.task).toMatchObject({ state: 'running', planRevision: 1 });
    expect(world.states()).toEqual({ plan: 'succeeded', 'plan/1': 'succeeded', a: 'dispatched' });
    const { pins, agents } = world.store.plan.body;
    expect(Object.keys(pins).sort()).toEqual(['pay', 'read']);
    expect(Object.keys(agents ?? {})).toEqual([PLANNER]);
  });

  it.each<[string, object[], Record<string, number>, string]>([
    ['a tool that is not there', [aStep('a', { tool: 'raed' })], {}, 'unknown_tool /steps/0/tool'],
    ['an agent that is not there', [{ id: 'a', agent: PLANNER }], {}, 'unknown_agent /steps/0/agent'],
    [
      'steps that wait for each other',
      [aStep('a', { needs: ['b'] }), aStep('b', { needs: ['a'] })],
      {},
      'cycle /steps/0',
    ],
    ['one id twice', [aStep('a'), aStep('a')], {}, 'duplicate_id /steps/1/id'],
    ['too many steps', Array.from({ length: 1_001 }, (_, i) => aStep(`s${i}`)), {}, 'too_many_steps /steps'],
    ['more steps than the budget', [1, 2, 3, 4].map((n) => aStep(`s${n}`)), { steps: 3 }, 'too_many_steps /steps'],
    ['more calls than the budget', [aStep('a'), aStep('b')], { toolCalls: 1 }, 'over_budget /budget/toolCalls'],
    ['the name of the step that makes it', [aStep('plan')], {}, 'reserved_id /steps/0/id'],
    ['neither a tool nor an agent', [{ id: 'a' }], {}, 'unknown_tool /steps/0/tool'],
    ['both', [aStep('a', { agent: 'b' })], {}, 'contradiction /steps/0/agent'],
  ])('is sent back with the reason: %s', (_what, steps, budget, problem) => {
    expect(reasons(steps, budget)).toContain(problem);
  });
});

/** A goal whose first plan is one step that failed for good. */
function failed(options: WorldOptions = {}, steps: readonly StepDocument[] = [aStep('a')]): GoalWorld {
  const world = new GoalWorld(options);
  world.plans('plan/1', steps);
  world.answer(steps[0]!.id, { state: 'failed', code: 'http_422' });
  return world;
}

describe('a goal whose plan has failed', () => {
  it('has its planner make another plan, once everything has ended', () => {
    const world = new GoalWorld();
    world.plans('plan/1', [aStep('a'), aStep('b')]);
    world.answer('a', { state: 'failed', code: 'http_422' });
    expect(world.task.state).toBe('running');

    world.answer('b');

    expect(world.task).toMatchObject({ state: 'planning', planRevision: 1, failure: { exitReason: 'http_422' } });
    expect(world.states('plan:2', 'plan:2/1')).toEqual({ 'plan:2': 'waiting', 'plan:2/1': 'dispatched' });
    expect(world.rings.at(-1)).toMatchObject({ to: 'executor', lane: PLANNER });
  });

  it('goes on by the new plan, with what was done, and completes by its output', () => {
    const world = new GoalWorld();
    world.plans('plan/1', [aStep('a'), aStep('b', { needs: ['a'] })]);
    world.answer('a', { output: { n: 7 } });
    world.answer('b', { state: 'failed', code: 'http_422' });

    const other = aStep('c', { tool: 'pay', input: { n: '${{ steps.a.output.n }}' } });
    world.plans('plan:2/1', [other], { output: '${{ steps.c.output }}' });
    expect(world.task).toMatchObject({ state: 'running', planRevision: 2, failure: null });
    world.answer('c', { output: 'paid' });

    expect(world.task).toMatchObject({ state: 'completed', output: '"paid"' });
    expect(world.states('a', 'b', 'c', 'plan:2')).toEqual({
      a: 'succeeded',
      b: 'failed',
      c: 'succeeded',
      'plan:2': 'succeeded',
    });
  });

  it('tells its planner that an id was another step', () => {
    const world = failed();

    world.plans('plan:2/1', [aStep('a')]);

    const { call } = world.step('plan:2/2');
    expect(call).toMatchObject({ kind: 'model', problems: [{ code: 'id_taken', pointer: '/steps/0/id' }] });
  });

  it('fails by what stopped it when no other plan is found', () => {
    const world = failed();

    world.says('plan:2/1', { refusal: 'Nothing else pays.' });

    expect(world.task).toMatchObject({ state: 'failed', planRevision: 1, failure: { exitReason: 'http_422' } });
    expect(world.task.failure!.message).toContain(
      'No other plan was found: The planner sees no way: Nothing else pays.',
    );
    expect(world.task.openSteps).toBe(0);
  });

  it('fails in the end when plan after plan fails', () => {
    const world = failed();
    for (const revision of [2, 3]) {
      world.plans(`plan:${revision}/1`, [aStep(`a${revision}`)]);
      world.answer(`a${revision}`, { state: 'failed', code: 'http_422' });
    }

    expect(world.task).toMatchObject({ state: 'failed', planRevision: 3 });
  });

  it.each<[string, WorldOptions]>([
    ['its budget allows one revision', { budget: { revisions: 1 } }],
    ['its budget has no steps left', { budget: { steps: 3 } }],
  ])('fails at once where %s', (_why, options) => {
    expect(failed(options).task).toMatchObject({ state: 'failed', failure: { exitReason: 'http_422' } });
  });

  it('may come to as many plans as its budget allows', () => {
    const world = failed({ budget: { revisions: 2 } });

    world.plans('plan:2/1', [aStep('b')]);
    world.answer('b', { state: 'failed', code: 'http_404' });

    expect(world.task).toMatchObject({ state: 'failed', planRevision: 2, failure: { exitReason: 'http_404' } });
  });

  it('is planned again where its criteria do not hold', () => {
    const world = new GoalWorld();
    world.plans('plan/1', [aStep('a')], { completion: ['steps.a.output == 1'] });
    world.answer('a');
    world.taskVerdict(false);
    expect(world.task).toMatchObject({ state: 'planning', failure: { exitReason: 'check_failed' } });

    world.plans('plan:2/1', [aStep('b')], { completion: ['steps.b.output == 1'] });
    world.answer('b');
    world.taskVerdict(true);

    expect(world.task).toMatchObject({ state: 'completed', criteriaCount: 1 });
  });

  it('has its deadline while it is planned again', () => {
    const world = failed({ deadlineMs: 60_000 });
    expect(world.task.dueAt).toBe(world.task.deadlineAt);

    world.advance(60_001);
    world.sweep();

    expect(world.task.withdrawal).toBe('deadline');
  });

  it('has its deadline when its criteria did not hold', () => {
    const world = new GoalWorld({ deadlineMs: 60_000 });
    world.plans('plan/1', [aStep('a')], { completion: ['steps.a.output == 1'] });
    world.answer('a');
    world.taskVerdict(false);

    expect(world.task).toMatchObject({ state: 'planning', dueAt: world.task.deadlineAt });
  });

  it('ends with its task when that is cancelled', () => {
    const world = failed();

    world.claim('plan:2/1');

    world.cancel();
    world.settle('plan:2/1', { state: 'absent' });
    world.lookTask();

    expect(world.task.state).toBe('cancelled');
  });

  it('takes no plan of anybody else while its planner makes one', () => {
    const world = failed();

    const reply = world.decide([
      {
        kind: 'revise',
        revision: {
          document: { steps: [aStep('z')] },
          replaces: 1,
          cites: {},
          by: 'somebody',
          request: 'another',
          grants: [],
          tools: new Map(),
          agents: new Map(),
        },
      },
    ]);

    expect(reply).toEqual([{ kind: 'stale', reason: expect.stringContaining('planning') }]);
  });

  it('shows its planning in the order in which it was made', () => {
    const world = failed();
    world.plans('plan:2/1', [aStep('b')]);

    const places = ['plan', 'plan/1', 'plan:2', 'plan:2/1'].map((key) => world.step(key).place);

    expect([...places].sort()).toEqual(places);
    expect(new Set(places).size).toBe(places.length);
    expect(LIMITS.AGENT_CALLS_MAX).toBeLessThan(99_999 - 1_000);
  });
});
