import { LIMITS } from '@muster/domain';
import { TIMEOUT_MS } from './testing/contracts';
import { aStep, LEASE_TTL_MS, TaskWorld } from './testing/task.world';

const oneStep = (changes = {}) => new TaskWorld([aStep('call', changes)]);

describe('a dispatched step', () => {
  it('succeeds on a schema-valid answer, and its task with it', () => {
    const world = oneStep();

    world.answer('call');

    expect(world.states()).toEqual({ call: 'succeeded' });
    expect(world.task).toMatchObject({ state: 'completed', openSteps: 0, toolCalls: 1 });
  });

  it('goes to the verifier with an answer that breaks its schema', () => {
    const world = oneStep();

    world.answer('call', { outputValid: false });

    expect(world.step('call')).toMatchObject({ state: 'verifying', condition: { kind: 'verdict', round: 0 } });
    expect(world.rings.at(-1)).toEqual({ to: 'verifier', step: { id: world.step('call').id, epoch: 0 } });
  });

  it('fails for good on a definite rejection, with the record of what was sent', () => {
    const world = oneStep();

    world.answer('call', { state: 'failed', code: 'http_422' });

    expect(world.task).toMatchObject({ state: 'failed', failure: { exitReason: 'http_422', retryClass: 'definite' } });
    expect(world.task.failure!.trace).toMatchObject([{ tool: 'read', attempt: 1, state: 'failed', code: 'http_422' }]);
  });

  it('is rung again at the same epoch while nobody claims it, at ever longer intervals', () => {
    const world = oneStep();
    const waits = [1, 2, 3, 4, 5].map(() => {
      const since = world.now;
      world.advance(world.nextDue()! - world.now);
      world.sweep();
      return world.now - since;
    });

    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, 60_000]);
    expect(world.step('call')).toMatchObject({ epoch: 0, rings: 5 });
    expect(world.rings.at(-1)).toMatchObject({ ring: 5, run: [{ epoch: 0 }] });
  });

  it('waits for its answer as long as its worker lives, and is not written again for every look', () => {
    const world = oneStep();
    world.claim('call');

    world.look('call');
    const revision = world.task.revision;
    world.look('call');
    world.look('call');

    expect(world.step('call').dueAt).toBe(world.now + TIMEOUT_MS + 2 * LEASE_TTL_MS);
    expect(world.task.revision).toBe(revision);
  });
});

describe('a worker that is alive and says nothing', () => {
  it('costs an attempt each time, so that silence ends too', () => {
    const world = oneStep({ retry: { maxAttempts: 2 } });

    for (let silence = 1; silence <= 2; silence++) {
      expect(world.claim('call')).toBe('claimed');
      world.advance(TIMEOUT_MS + 2 * LEASE_TTL_MS);
      world.sweep();
    }

    expect(world.step('call')).toMatchObject({ state: 'failed', attempts: { silent: 2 } });
    expect(world.operation('call')).toMatchObject({ state: 'absent', sending: 2 });
  });
});

describe('a step that loses its workers', () => {
  it.each(['ended', 'fallen', 'expired'] as const)('is sent again at once when its worker has %s', (how) => {
    const world = oneStep({ retry: { maxAttempts: 1 } });

    world.lose('call', how);

    expect(world.step('call')).toMatchObject({ state: 'dispatched', epoch: 1, attempts: { worker_lost: 1 } });
    world.answer('call');
    expect(world.task.state).toBe('completed');
  });

  it('is quarantined after three losses, whatever its class, and the rest goes on', () => {
    const world = new TaskWorld([aStep('call'), aStep('other')]);

    for (let loss = 1; loss <= LIMITS.WORKER_LOSSES_MAX; loss++) world.lose('call', 'ended');
    world.answer('other');

    expect(world.step('call')).toMatchObject({ state: 'parked', condition: { reason: 'quarantined' } });
    expect(world.states('other')).toEqual({ other: 'succeeded' });
    expect(world.attention).toMatchObject({ status: true, reason: 'quarantined', steps: 1 });
  });

  it('is tried anew with all its attempts when a person lifts the quarantine', () => {
    const world = oneStep({ retry: { maxAttempts: 2 } });
    for (let loss = 1; loss <= LIMITS.WORKER_LOSSES_MAX; loss++) world.lose('call', 'ended');

    expect(world.resolve('call', 'absent')).toBe('done');
    world.answer('call', { state: 'absent', code: 'http_503' });

    expect(world.step('call')).toMatchObject({ state: 'waiting', condition: { kind: 'retry' } });
    expect(world.attention).toMatchObject({ status: false, steps: 0 });
  });
});

describe('a refusal', () => {
  it('fails the step for good where nothing was ever sent', () => {
    const world = oneStep();

    world.refuse('call', 'not_granted');
    world.look('call');

    expect(world.task).toMatchObject({ state: 'failed', toolCalls: 0, failure: { exitReason: 'not_granted' } });
  });

  it('parks the step where an earlier call may have happened', () => {
    const world = oneStep({ tool: 'pay' });
    world.lose('call', 'fallen');

    world.refuse('call', 'request_changed');
    world.look('call');

    expect(world.step('call')).toMatchObject({ state: 'parked', condition: { reason: 'request_changed' } });
  });

  it('of an open breaker costs neither an attempt nor budget, however often it comes', () => {
    const world = new TaskWorld([aStep('call')], { budget: { toolCalls: 3 } });

    for (let times = 1; times <= 10; times++) {
      world.refuse('call', 'breaker_open');
      world.look('call');
      expect(world.step('call')).toMatchObject({ state: 'waiting', condition: { kind: 'breaker' } });
      world.advance(world.nextDue()! - world.now);
      world.sweep();
    }
    world.answer('call');

    expect(world.step('call')).toMatchObject({ state: 'succeeded', epoch: 10, attempts: {} });
    expect(world.task.toolCalls).toBe(1);
  });
});

describe('looks that say nothing new', () => {
  it('change nothing, in whatever state the step is', () => {
    const world = new TaskWorld([aStep('first'), aStep('next', { needs: ['first'], tool: 'mail' })]);
    world.answer('first');
    world.answer('next', { state: 'unknown' });
    const before = JSON.stringify(world.task);

    world.look('first', 'next', 'next');
    world.lookTask();

    expect(JSON.stringify(world.task)).toBe(before);
  });
});
