import { aStep, TaskWorld } from './testing/task.world';

const UNKNOWN = { state: 'unknown', code: 'timeout' } as const;

function parked(changes = {}): TaskWorld {
  const world = new TaskWorld([
    aStep('call', { tool: 'mail', ...changes }),
    aStep('next', { needs: ['call'], when: 'steps.call.output.id == 7' }),
  ]);
  world.answer('call', UNKNOWN);
  return world;
}

describe('a person who resolves a parked operation', () => {
  it('settles it as happened, with the output that was seen, which is verified like any other', () => {
    const world = parked();

    expect(world.resolve('call', 'happened', { id: 7 })).toBe('done');
    expect(world.states('call')).toEqual({ call: 'verifying' });
    world.verdict('call', true);

    expect(world.operation('call')).toMatchObject({ state: 'succeeded', resolver: 'person' });
    expect(world.states('next')).toEqual({ next: 'dispatched' });
  });

  it('releases exactly one more sending as absent', () => {
    const world = parked();

    expect(world.resolve('call', 'absent')).toBe('done');

    expect(world.operation('call')).toMatchObject({ state: 'absent', releases: 1 });
    expect(world.step('call')).toMatchObject({ state: 'dispatched', epoch: 1 });
    expect(world.claim('call')).toBe('claimed');
    expect(world.attention).toMatchObject({ status: false });
  });

  it('is heard once', () => {
    const world = parked();

    world.resolve('call', 'absent');

    expect(world.resolve('call', 'happened')).toBe('not-open');
    expect(world.operation('call')!.releases).toBe(1);
  });

  it('is told "not open" where nothing is parked, or the task was taken back', () => {
    const world = new TaskWorld([aStep('a', { tool: 'mail' }), aStep('b')]);
    world.claim('a');
    expect(world.resolve('a', 'absent')).toBe('not-open');
    world.claim('b');

    world.settle('a', UNKNOWN);
    world.look('a');
    world.cancel();

    expect(world.resolve('a', 'absent')).toBe('not-open');
  });

  it('loses to an answer that came first, and the answer moves the step', () => {
    const world = parked();
    world.settle('call', { output: { id: 7 } });

    expect(world.resolve('call', 'absent')).toBe('not-open');

    expect(world.operation('call')).toMatchObject({ state: 'succeeded', resolver: 'answer', releases: 0 });
    expect(world.states()).toEqual({ call: 'succeeded', next: 'dispatched' });
  });

  it('loses to a late answer to an earlier sending, and the answer moves the step', () => {
    const world = parked();
    world.resolve('call', 'absent');
    world.claim('call');
    world.settle('call', UNKNOWN);
    world.look('call');
    world.settle('call', { output: { id: 7 } }, 1);

    expect(world.resolve('call', 'absent')).toBe('not-open');

    expect(world.operation('call')).toMatchObject({ state: 'succeeded', resolver: 'late-answer', sending: 2 });
  });

  it('loses to an answer that comes between its load and its commit', () => {
    const world = parked();
    world.interfere = () => {
      world.interfere = () => undefined;
      world.settle('call', { output: { id: 7 } });
    };

    expect(world.resolve('call', 'absent')).toBe('not-open');

    expect(world.operation('call')).toMatchObject({ state: 'succeeded', sending: 1 });
  });
});
