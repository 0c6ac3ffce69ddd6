import { aStep, TaskWorld } from './testing/task.world';

const FAILED = { state: 'failed', code: 'http_422' } as const;

describe('a failure', () => {
  it('skips everything behind it, lets the rest run, and fails the task when all has ended', () => {
    const world = new TaskWorld([
      aStep('a'),
      aStep('b', { needs: ['a'], tool: 'slow' }),
      aStep('c', { needs: ['b', 'free'], tool: 'slow' }),
      aStep('free'),
    ]);

    world.answer('a', FAILED);
    expect(world.states()).toEqual({ a: 'failed', b: 'skipped', c: 'skipped', free: 'dispatched' });
    expect(world.task.state).toBe('running');
    world.answer('free');

    expect(world.task).toMatchObject({ state: 'failed', failure: { exitReason: 'http_422' } });
    expect(world.step('c').condition).toEqual({ kind: 'none', reason: 'upstream_failed' });
  });

  it('is loaded with all that stands behind it, however long the chain', () => {
    const chain = Array.from({ length: 300 }, (_, i) =>
      aStep(`s${i}`, { tool: i % 2 ? 'slow' : 'read', needs: i ? [`s${i - 1}`] : [] }),
    );
    const world = new TaskWorld(chain);

    world.answer('s0', FAILED);

    expect(new Set(Object.values(world.states()))).toEqual(new Set(['failed', 'skipped']));
    expect(world.task.state).toBe('failed');
  });

  it('is absorbed by onFailure: continue, and meets the needs behind it', () => {
    const world = new TaskWorld([aStep('a', { onFailure: 'continue' }), aStep('b', { needs: ['a'] })]);

    world.answer('a', FAILED);
    world.answer('b');

    expect(world.task).toMatchObject({ state: 'completed', failure: null });
  });
});

describe('a step with a fallback', () => {
  const guarded = (...more: Parameters<typeof aStep>[]) =>
    new TaskWorld([
      aStep('main', { onFailure: { fallback: 'spare' } }),
      aStep('spare', { tool: 'slow' }),
      aStep('after', { needs: ['main'] }),
      ...more.map(([id, changes]) => aStep(id, changes)),
    ]);

  it('does not need it after a success, and whoever needs the fallback goes on', () => {
    const world = guarded(['of-spare', { needs: ['spare'] }]);

    world.answer('main');

    expect(world.states('spare', 'after', 'of-spare')).toEqual({
      spare: 'skipped',
      after: 'dispatched',
      'of-spare': 'dispatched',
    });
    expect(world.step('spare').condition).toEqual({ kind: 'none', reason: 'fallback_not_needed' });
  });

  it('runs it after a failure; its success makes up for that', () => {
    const world = guarded();

    world.answer('main', FAILED);
    expect(world.states('spare', 'after')).toEqual({ spare: 'dispatched', after: 'pending' });
    world.answer('spare');
    world.answer('after');

    expect(world.task).toMatchObject({ state: 'completed', failure: null });
  });

  it('fails the task when the fallback fails too', () => {
    const world = guarded();

    world.answer('main', FAILED);
    world.answer('spare', { state: 'failed', code: 'http_500' });

    expect(world.states('after')).toEqual({ after: 'skipped' });
    expect(world.task.state).toBe('failed');
  });

  it('takes its fallback with it when it is skipped behind another failure', () => {
    const world = new TaskWorld([
      aStep('first'),
      aStep('main', { needs: ['first'], onFailure: { fallback: 'spare' } }),
      aStep('spare'),
    ]);

    world.answer('first', FAILED);

    expect(world.states()).toEqual({ first: 'failed', main: 'skipped', spare: 'skipped' });
  });

  it('does not need it when it is skipped by its own when', () => {
    const world = new TaskWorld([aStep('main', { when: 'false', onFailure: { fallback: 'spare' } }), aStep('spare')]);

    world.look('main');

    expect(world.states()).toEqual({ main: 'skipped', spare: 'skipped' });
    expect(world.task.state).toBe('completed');
  });

  it('fails where its fallback was skipped before, and takes what needs it along', () => {
    const world = new TaskWorld([
      aStep('other', { tool: 'slow' }),
      aStep('main', { onFailure: { fallback: 'spare' } }),
      aStep('spare', { needs: ['other'] }),
      aStep('after', { needs: ['main'] }),
    ]);

    world.answer('other', FAILED);
    expect(world.states('spare')).toEqual({ spare: 'skipped' });
    world.answer('main', { state: 'failed', code: 'http_404' });

    expect(world.states('after')).toEqual({ after: 'skipped' });
    expect(world.task.state).toBe('failed');
  });

  it('is not made up for by a fallback that its own when skipped, whatever that one does on failure', () => {
    const world = new TaskWorld([
      aStep('main', { onFailure: { fallback: 'spare' } }),
      aStep('spare', { when: 'false', onFailure: 'continue' }),
      aStep('after', { needs: ['main'] }),
    ]);

    world.answer('main', FAILED);

    expect(world.states('spare', 'after')).toEqual({ spare: 'skipped', after: 'skipped' });
    expect(world.task).toMatchObject({ state: 'failed', failure: { exitReason: 'http_422' } });
  });
});

describe('a fallback with a fallback of its own', () => {
  const chain = () =>
    new TaskWorld([
      aStep('main', { onFailure: { fallback: 'second' } }),
      aStep('second', { onFailure: { fallback: 'third' } }),
      aStep('third'),
      aStep('after', { needs: ['main'] }),
    ]);

  it('is done with the first that succeeds', () => {
    const world = chain();

    world.answer('main', FAILED);
    world.answer('second');
    world.answer('after');

    expect(world.states('third')).toEqual({ third: 'skipped' });
    expect(world.task.state).toBe('completed');
  });

  it('makes up for every failure before it with the last', () => {
    const world = chain();

    world.answer('main', FAILED);
    world.answer('second', FAILED);
    world.answer('third');
    world.answer('after');

    expect(world.task).toMatchObject({ state: 'completed', failure: null });
  });

  it('fails the task when all of them fail', () => {
    const world = chain();

    for (const key of ['main', 'second', 'third']) world.answer(key, FAILED);

    expect(world.states('after')).toEqual({ after: 'skipped' });
    expect(world.task.state).toBe('failed');
  });
});

describe('a step with several needs', () => {
  it('goes on with the last of them, in whatever order they end', () => {
    const world = new TaskWorld([aStep('c', { needs: ['a', 'b'] }), aStep('a'), aStep('b')]);

    world.answer('b');
    expect(world.step('c')).toMatchObject({ state: 'pending', waitingOn: 1 });
    world.answer('a');

    expect(world.step('c')).toMatchObject({ state: 'dispatched', waitingOn: 0 });
  });

  it('goes on when both end in one decision', () => {
    const world = new TaskWorld([aStep('c', { needs: ['a', 'b'] }), aStep('a'), aStep('b')]);
    for (const key of ['a', 'b']) {
      world.claim(key);
      world.settle(key);
    }

    world.look('a', 'b');

    expect(world.states()).toEqual({ a: 'succeeded', b: 'succeeded', c: 'dispatched' });
    expect(world.decisions).toHaveLength(1);
  });
});
