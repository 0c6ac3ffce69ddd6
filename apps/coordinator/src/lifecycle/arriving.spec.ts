import { aStep, TaskWorld } from './testing/task.world';

const FAILED = { state: 'failed', code: 'http_422' } as const;

describe('a gate', () => {
  it('lets a step through whose when is true, and skips the others with their needs met', () => {
    const world = new TaskWorld([
      aStep('find'),
      aStep('yes', { when: 'steps.find.output.active' }),
      aStep('no', { when: '!steps.find.output.active' }),
      aStep('behind', { needs: ['no'] }),
    ]);

    world.answer('find', { output: { active: true } });

    expect(world.states('yes', 'no', 'behind')).toEqual({ yes: 'dispatched', no: 'skipped', behind: 'dispatched' });
    expect(world.step('no').condition).toEqual({ kind: 'none', reason: 'when' });
  });

  it('of a first step is decided by the first look, which is due from the start', () => {
    const world = new TaskWorld([aStep('a', { when: 'input.go' })], { input: { go: true } });
    expect(world.step('a')).toMatchObject({ state: 'pending', dueAt: world.now });

    world.sweep();

    expect(world.step('a').state).toBe('dispatched');
  });

  it.each([
    ['that cannot be evaluated', 'input.missing.deeper', 'No such key'],
    ['that is neither true nor false', '1 + 1', 'neither true nor false'],
  ])('%s is a definite failure', (_, when) => {
    const world = new TaskWorld([aStep('a', { when }), aStep('b', { needs: ['a'] })], { input: {} });

    world.sweep();

    expect(world.task).toMatchObject({
      state: 'failed',
      failure: { exitReason: 'expression_error', retryClass: 'definite' },
    });
    expect(world.states('b')).toEqual({ b: 'skipped' });
  });

  it('sees null where a step that it reads was skipped or failed and the plan goes on', () => {
    const world = new TaskWorld([
      aStep('gone', { when: 'false' }),
      aStep('lost', { onFailure: 'continue' }),
      aStep('next', { when: 'steps.gone.output == null && steps.lost.output == null && steps.lost.state == "failed"' }),
    ]);
    world.sweep();

    world.answer('lost', FAILED);

    expect(world.states('next')).toEqual({ next: 'dispatched' });
  });
});

describe('a long chain of gates that all skip', () => {
  it('is decided in several commits, none of which needs more loads than are allowed', () => {
    const chain = Array.from({ length: 60 }, (_, i) =>
      aStep(`s${i}`, { when: i ? `steps.s${i - 1}.output != null` : 'false' }),
    );
    const world = new TaskWorld(chain);

    world.sweep();

    expect(new Set(Object.values(world.states()))).toEqual(new Set(['skipped']));
    expect(world.task.state).toBe('completed');
    expect(world.decisions.length).toBeGreaterThan(1);
  });

  it('goes on from where it was when its coordinator dies between two of them', () => {
    const chain = Array.from({ length: 20 }, (_, i) =>
      aStep(`s${i}`, { when: i ? `steps.s${i - 1}.output != null` : 'false' }),
    );
    const world = new TaskWorld(chain);
    world.interfere = () => {
      if (world.decisions.length === 1) throw new Error('The coordinator dies.');
    };
    expect(() => world.sweep()).toThrow('dies');
    world.interfere = () => undefined;

    world.sweep();

    expect(world.task.state).toBe('completed');
  });
});

describe('a forEach', () => {
  const anEach = (changes = {}) =>
    new TaskWorld([
      aStep('list'),
      aStep('each', { forEach: '${{ steps.list.output }}', ...changes }),
      aStep('end', { needs: ['each'] }),
    ]);
  const items = (n: number) => ({ output: Array.from({ length: n }, (_, i) => i) });

  it('becomes a step per item, and succeeds with the last of them', () => {
    const world = anEach();

    world.answer('list', items(3));
    expect(world.states('each', 'each[0]', 'each[2]')).toEqual({
      each: 'waiting',
      'each[0]': 'dispatched',
      'each[2]': 'dispatched',
    });
    expect(world.task).toMatchObject({ stepsTotal: 6, openSteps: 5 });
    for (const key of ['each[2]', 'each[0]', 'each[1]']) world.answer(key);

    expect(world.states('each', 'end')).toEqual({ each: 'succeeded', end: 'dispatched' });
  });

  it('over an empty list succeeds at once', () => {
    const world = anEach();

    world.answer('list', { output: [] });

    expect(world.states('each', 'end')).toEqual({ each: 'succeeded', end: 'dispatched' });
  });

  it.each([
    ['no list', { output: 'text' }, 'expression_error'],
    ['too long a list', items(10_001), 'too_many_items'],
  ])('over %s is a definite failure', (_, answer, exitReason) => {
    const world = anEach();

    world.answer('list', answer);

    expect(world.task).toMatchObject({ state: 'failed', failure: { exitReason } });
  });

  it.each([
    [{ steps: 5 }, 'budget of 5 steps'],
    [{ fanOut: 2 }, 'budget of 2 for one forEach'],
  ])('over more items than the budget %j allows is refused before any is sent', (budget, reason) => {
    const world = new TaskWorld([aStep('list'), aStep('each', { forEach: '${{ steps.list.output }}' })], { budget });

    world.answer('list', items(4));

    expect(world.task).toMatchObject({ state: 'failed', failure: { exitReason: 'budget_exceeded' } });
    expect(world.task.failure!.message).toContain(reason);
  });

  it('keeps at most maxParallel items in flight', () => {
    const world = anEach({ maxParallel: 2 });
    world.answer('list', items(5));
    const inFlight = () => Object.values(world.states()).filter((state) => state === 'dispatched').length;

    for (const key of ['each[1]', 'each[0]', 'each[2]', 'each[3]']) {
      expect(inFlight()).toBe(2);
      world.answer(key);
    }
    world.answer('each[4]');

    expect(world.states('each')).toEqual({ each: 'succeeded' });
  });

  it('gives every slot on when many items end in one decision', () => {
    const world = anEach({ maxParallel: 100 });
    world.answer('list', items(300));
    const flying = Array.from({ length: 100 }, (_, i) => `each[${i}]`);
    for (const key of flying) {
      world.claim(key);
      world.settle(key);
    }

    world.look(...flying);

    expect(Object.values(world.states()).filter((state) => state === 'dispatched')).toHaveLength(100);
  });

  it('fails when its items have ended and one of them failed, naming the first', () => {
    const world = anEach();
    world.answer('list', items(3));

    world.answer('each[1]', FAILED);
    expect(world.states('each')).toEqual({ each: 'waiting' });
    world.answer('each[0]', FAILED);
    world.answer('each[2]');

    expect(world.step('each').failure).toMatchObject({
      exitReason: 'items_failed',
      message: '2 of 3 items failed; the first is each[1].',
    });
    expect(world.states('end')).toEqual({ end: 'skipped' });
  });

  it('succeeds under onFailure: continue, with null for the item that failed', () => {
    const world = new TaskWorld(
      {
        steps: [
          aStep('each', { forEach: 'input.all', onFailure: 'continue' }),
          aStep('end', { when: 'steps.each.outputs[0] == null' }),
        ],
        output: '${{ steps.each.outputs }}',
      },
      { input: { all: [1, 2] } },
    );
    world.sweep();

    world.answer('each[1]', { output: 'b' });
    world.answer('each[0]', FAILED);
    world.answer('end');

    expect(world.task).toMatchObject({ state: 'completed', output: '[null,"b"]' });
  });

  it('ends, too, when the budget is spent before most of its items were sent', () => {
    const world = new TaskWorld(
      [aStep('list'), aStep('each', { forEach: '${{ steps.list.output }}', maxParallel: 1 })],
      { budget: { toolCalls: 3 } },
    );

    world.answer('list', items(400));
    world.answer('each[0]');
    world.answer('each[1]');

    expect(world.step('each').failure).toMatchObject({ message: '398 of 400 items failed; the first is each[2].' });
    expect(world.task).toMatchObject({ state: 'failed', toolCalls: 3, openSteps: 0 });
  });

  it('ends, too, when the budget is spent before it begins', () => {
    const world = new TaskWorld(
      [aStep('list'), aStep('each', { forEach: '${{ steps.list.output }}', maxParallel: 2 })],
      { budget: { toolCalls: 1 } },
    );

    world.answer('list', items(5));

    expect(world.task).toMatchObject({ state: 'failed', openSteps: 0 });
  });
});
