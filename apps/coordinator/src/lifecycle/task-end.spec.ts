import { foldEvents, LIMITS } from '@muster/domain';
import { aStep, TaskWorld } from './testing/task.world';

describe('a step with a check', () => {
  it('succeeds with the verifier and not before', () => {
    const world = new TaskWorld([aStep('a', { check: 'output == 1' }), aStep('b', { needs: ['a'] })]);

    world.answer('a', { output: 1 });
    expect(world.states()).toEqual({ a: 'verifying', b: 'pending' });
    world.verdict('a', true);

    expect(world.states()).toEqual({ a: 'succeeded', b: 'dispatched' });
  });

  it('fails for good on a refuting verdict', () => {
    const world = new TaskWorld([aStep('a', { check: 'output == 1' })]);

    world.answer('a', { output: 2 });
    world.verdict('a', false);

    expect(world.task).toMatchObject({
      state: 'failed',
      failure: { exitReason: 'check_failed', retryClass: 'verdict' },
    });
  });

  it('asks the verifier again when no verdict comes', () => {
    const world = new TaskWorld([aStep('a', { check: 'true' })]);
    world.answer('a');
    const asked = () => world.rings.filter(({ to }) => to === 'verifier').length;

    world.look('a');
    expect(asked()).toBe(1);
    world.advance(LIMITS.VERDICT_DUE_MS);
    world.sweep();

    expect(asked()).toBe(2);
  });
});

describe('a task whose steps have all ended', () => {
  it('completes at once without criteria, with its output', () => {
    const world = new TaskWorld({ steps: [aStep('a')], output: { got: '${{ steps.a.output.id }}' } });

    world.answer('a', { output: { id: 7 } });

    expect(world.task).toMatchObject({ state: 'completed', output: '{"got":7}', finishedAt: world.now, dueAt: null });
  });

  it.each([
    ['its own', { completion: ['true'] }, {}],
    ["the caller's", {}, { completion: ['true'] }],
  ])('completes with %s criteria when the verifier says that they hold', (_, plan, options) => {
    const world = new TaskWorld({ steps: [aStep('a')], ...plan }, options);

    world.answer('a');
    expect(world.task.state).toBe('verifying');
    expect(world.rings.at(-1)).toEqual({ to: 'verifier', task: { id: world.task.id, round: 1 } });
    world.taskVerdict(true);

    expect(world.task).toMatchObject({ state: 'completed', verdictId: world.store.verdicts[0]!.id });
  });

  it('fails when they do not hold', () => {
    const world = new TaskWorld([aStep('a')], { completion: ['false'] });

    world.answer('a');
    world.taskVerdict(false);

    expect(world.task).toMatchObject({ state: 'failed', verdictId: null, failure: { exitReason: 'check_failed' } });
  });

  it('asks for the verdict again when none comes', () => {
    const world = new TaskWorld([aStep('a')], { completion: ['true'] });
    world.answer('a');

    world.advance(LIMITS.VERDICT_DUE_MS);
    world.sweep();

    expect(world.rings.filter((ring) => 'task' in ring)).toHaveLength(2);
    expect(world.task.dueAt).toBe(world.now + LIMITS.VERDICT_DUE_MS);
  });

  it('fails when its output cannot be rendered', () => {
    const world = new TaskWorld({ steps: [aStep('a')], output: { got: '${{ steps.a.output.missing.deeper }}' } });

    world.answer('a', { output: {} });

    expect(world.task.failure).toMatchObject({ exitReason: 'expression_error' });
    expect(world.task.failure!.message).toContain('output/got');
  });

  it('stays open while a step waits for a person', () => {
    const world = new TaskWorld([aStep('a'), aStep('b', { tool: 'mail' })]);

    world.answer('a');
    world.answer('b', { state: 'unknown' });

    expect(world.task).toMatchObject({ state: 'running', openSteps: 1 });
  });
});

describe('a task that has ended', () => {
  it('is not moved by anything that comes later', () => {
    const world = new TaskWorld([aStep('a')]);
    world.answer('a');
    const before = JSON.stringify([world.task, world.states()]);

    world.look('a');
    world.lookTask();
    expect(world.cancel()).toBe('already-ended');
    expect(world.resolve('a', 'happened')).toBe('not-open');

    expect(JSON.stringify([world.task, world.states()])).toBe(before);
  });

  it('is told by its history exactly', () => {
    const world = new TaskWorld([aStep('a'), aStep('b', { needs: ['a'], when: 'false' })]);
    world.answer('a');

    const { state, steps } = foldEvents(world.store.events);

    expect(state).toBe('completed');
    expect([...steps].map(([key, step]) => [key, step.state])).toEqual([
      ['a', 'succeeded'],
      ['b', 'skipped'],
    ]);
  });
});
