import { foldEvents, LIMITS } from '@muster/domain';
import { aStep, LEASE_TTL_MS, TaskWorld } from './testing/task.world';

describe('a cancel', () => {
  it('closes the task and everything open at once, where nothing is in flight', () => {
    const world = new TaskWorld([aStep('a'), aStep('b', { needs: ['a'], tool: 'slow' }), aStep('c', { tool: 'mail' })]);
    world.answer('c', { state: 'unknown' });

    expect(world.cancel()).toBe('done');

    expect(world.states()).toEqual({ a: 'cancelled', b: 'cancelled', c: 'cancelled' });
    expect(world.task).toMatchObject({ state: 'cancelled', openSteps: 0, fence: 1 });
    expect(world.attention).toBeUndefined();
    expect(world.operation('c')!.state).toBe('unknown');
  });

  it('raises the fence in a commit of its own, under the strongest lock, before anything is closed', () => {
    const world = new TaskWorld([aStep('a')]);

    world.cancel();

    const [first, second] = world.decisions;
    expect(first).toMatchObject({
      withdraws: true,
      closeSteps: false,
      steps: [],
      task: { fence: 1, state: 'running' },
    });
    expect(second).toMatchObject({ withdraws: false, closeSteps: true, task: { state: 'cancelled' } });
  });

  it('lets no claim through any more', () => {
    const world = new TaskWorld([aStep('a')]);
    world.claim('a');
    world.cancel();

    expect(world.claim('a')).toBe('withdrawn');
  });

  it('waits for calls in flight, and goes on waiting while they are', () => {
    const world = new TaskWorld([aStep('a'), aStep('b')]);
    world.claim('a');
    world.cancel();

    for (let times = 0; times < 3; times++) {
      expect(world.task).toMatchObject({
        state: 'running',
        withdrawal: 'cancel',
        dueAt: world.now + LIMITS.WITHDRAWAL_DUE_MS,
      });
      world.advance(LIMITS.WITHDRAWAL_DUE_MS);
      world.sweep();
    }
    world.settle('a', { state: 'unknown', code: 'aborted' });
    world.look('a');

    expect(world.states()).toEqual({ a: 'cancelled', b: 'cancelled' });
    expect(world.task.state).toBe('cancelled');
  });

  it('concludes what a lost worker left behind, so that it stands as unknown', () => {
    const world = new TaskWorld([aStep('a')]);
    world.claim('a');
    world.cancel();

    world.loseWorker('w1', 'expired');
    world.sweep();

    expect(world.operation('a')).toMatchObject({ state: 'unknown', code: 'worker_lost' });
    expect(world.task.state).toBe('cancelled');
  });

  it('does not wait for ever for a worker that lives and says nothing', () => {
    const world = new TaskWorld([aStep('a')]);
    world.claim('a');
    world.cancel();

    world.advance(2 * LEASE_TTL_MS);
    world.sweep();

    expect(world.operation('a')).toMatchObject({ state: 'unknown', code: 'worker_silent' });
    expect(world.task.state).toBe('cancelled');
  });

  it('does not fold what came in meanwhile: the task was taken back', () => {
    const world = new TaskWorld([aStep('a'), aStep('b', { needs: ['a'], tool: 'slow' }), aStep('c')]);
    for (const key of ['a', 'c']) world.claim(key);
    world.cancel();

    world.settle('a');
    world.look('a');

    expect(world.states()).toEqual({ a: 'dispatched', b: 'pending', c: 'dispatched' });
  });

  it('is refused with a stale revision, and a second time changes nothing', () => {
    const world = new TaskWorld([aStep('a')]);
    world.claim('a');

    expect(world.cancel(world.task.revision + 1)).toBe('stale-revision');
    expect(world.cancel(world.task.revision)).toBe('done');
    const { revision } = world.task;
    expect(world.cancel()).toBe('done');
    expect(world.task).toMatchObject({ fence: 1, revision });
  });

  it('wins against the end of the last step in the same decision, or loses to it, but never both', () => {
    const world = new TaskWorld([aStep('a')]);
    world.claim('a');
    world.settle('a');

    world.decide([
      { kind: 'look', stepId: world.step('a').id },
      { kind: 'cancel', reason: 'too late' },
    ]);

    expect(world.states()).toEqual({ a: 'succeeded' });
    expect(world.task).toMatchObject({ state: 'cancelled', openSteps: 0 });
    expect(foldEvents(world.store.events)).toMatchObject({ state: 'cancelled', fence: 1 });
  });

  it('is taken back while the task is verified', () => {
    const world = new TaskWorld([aStep('a')], { completion: ['true'] });
    world.answer('a');

    world.cancel();

    expect(world.task.state).toBe('cancelled');
  });
});

describe('a deadline', () => {
  it('withdraws the task when it passes, and fails it', () => {
    const world = new TaskWorld([aStep('a')], { deadlineMs: 10_000 });

    world.advance(10_000);
    world.sweep();

    expect(world.states()).toEqual({ a: 'cancelled' });
    expect(world.task).toMatchObject({ state: 'failed', withdrawal: 'deadline', failure: { exitReason: 'deadline' } });
  });

  it('does nothing before', () => {
    const world = new TaskWorld([aStep('a')], { deadlineMs: 10_000 });

    world.advance(9_999);
    world.lookTask();

    expect(world.task.withdrawal).toBeNull();
  });

  it('passes over a task that waits for its verdict, too', () => {
    const world = new TaskWorld([aStep('a')], { deadlineMs: 1_000, completion: ['true'] });
    world.answer('a');

    world.advance(LIMITS.VERDICT_DUE_MS);
    world.sweep();

    expect(world.task).toMatchObject({ state: 'failed', failure: { exitReason: 'deadline' } });
  });
});
