import { LIMITS } from '@muster/domain';
import { ABSENT_AFTER_MS } from './testing/contracts';
import { aStep, LEASE_TTL_MS, TaskWorld } from './testing/task.world';

const UNKNOWN = { state: 'unknown', code: 'timeout' } as const;
const aCall = (tool = 'book', changes = {}) => new TaskWorld([aStep('call', { tool, ...changes })]);

const waitOut = (world: TaskWorld): void => {
  world.advance(world.nextDue()! - world.now);
  world.sweep();
};
const questions = (world: TaskWorld) =>
  world.rings.filter((ring) => ring.to === 'verifier' && 'operation' in ring).length;

describe('a probed call whose outcome is unknown', () => {
  it('is asked about at once, and not sent again meanwhile', () => {
    const world = aCall();

    world.answer('call', UNKNOWN);

    expect(world.step('call')).toMatchObject({ state: 'waiting', condition: { kind: 'probe', asked: 1 } });
    expect(world.rings.at(-1)).toEqual({ to: 'verifier', operation: world.step('call').operationId });
    expect(world.claim('call')).toBe('stale');
  });

  it('is settled by a probe that says it happened, and then verified', () => {
    const world = aCall();
    world.answer('call', UNKNOWN);

    world.probe('call', 'happened');
    world.verdict('call', true);

    expect(world.operation('call')).toMatchObject({ state: 'succeeded', resolver: 'probe', sending: 1 });
    expect(world.task.state).toBe('completed');
  });

  it('is asked about again where "absent" came too early to prove anything', () => {
    const world = aCall();
    world.answer('call', UNKNOWN);
    const end = world.now;

    world.advance(ABSENT_AFTER_MS / 2);
    world.probe('call', 'absent');

    expect(world.step('call')).toMatchObject({
      state: 'waiting',
      dueAt: end + ABSENT_AFTER_MS + 1,
      condition: { reason: 'absent_not_proven' },
    });
  });

  it('does not take a probe for proof that began exactly when the bound ended', () => {
    const world = aCall();
    world.answer('call', UNKNOWN);

    world.advance(ABSENT_AFTER_MS);
    world.probe('call', 'absent');

    expect(world.operation('call')!.state).toBe('unknown');
  });

  it('is sent again when a probe begun late enough finds nothing', () => {
    const world = aCall();
    world.answer('call', UNKNOWN);
    world.advance(ABSENT_AFTER_MS / 2);
    world.probe('call', 'absent');

    waitOut(world);
    world.probe('call', 'absent');

    expect(world.operation('call')).toMatchObject({ state: 'absent', resolver: 'probe' });
    expect(world.step('call')).toMatchObject({ state: 'dispatched', epoch: 1, attempts: { absent: 1 } });
    expect(world.claim('call')).toBe('claimed');
  });

  it('is not taken for absent by probes that asked about an earlier sending', () => {
    const world = aCall();
    world.answer('call', UNKNOWN);
    world.advance(ABSENT_AFTER_MS + 1);
    world.probe('call', 'absent');

    world.answer('call', UNKNOWN);
    world.look('call');

    expect(world.step('call')).toMatchObject({ state: 'waiting', epoch: 1, condition: { kind: 'probe' } });
    expect(world.operation('call')).toMatchObject({ state: 'unknown', sending: 2 });
  });

  it('fails when its attempts are spent on calls that are proven absent', () => {
    const world = aCall('book', { retry: { maxAttempts: 1 } });
    world.answer('call', UNKNOWN);
    world.advance(ABSENT_AFTER_MS + 1);

    world.probe('call', 'absent');

    expect(world.task).toMatchObject({
      state: 'failed',
      failure: { exitReason: 'timeout', retryClass: 'attempts_spent' },
    });
  });

  it('is asked about again when the verifier does not answer', () => {
    const world = aCall();
    world.answer('call', UNKNOWN);

    waitOut(world);

    expect(questions(world)).toBe(2);
    expect(world.step('call')).toMatchObject({
      condition: { kind: 'probe', asked: 2 },
      dueAt: world.now + LIMITS.VERDICT_DUE_MS,
    });
  });

  it('is not asked about more often because somebody looks', () => {
    const world = aCall();
    world.answer('call', UNKNOWN);
    world.probe('call', 'absent');
    const due = world.step('call').dueAt;

    world.advance(10);
    for (let look = 0; look < 5; look++) world.look('call');

    expect(questions(world)).toBe(1);
    expect(world.step('call').dueAt).toBe(due);
  });
});

describe('a probed call that a person has to judge', () => {
  it('is one whose contract sets no bound, when the tool says "absent"', () => {
    const world = aCall('ship');
    world.answer('call', UNKNOWN);

    world.advance(10 * ABSENT_AFTER_MS);
    world.probe('call', 'absent');

    expect(world.step('call')).toMatchObject({ state: 'parked', condition: { reason: 'absent_unbounded' } });
  });

  it.each(['fallen', 'expired'] as const)('is one whose sender has %s and nobody saw its end', (how) => {
    const world = aCall();
    world.lose('call', how);

    world.advance(10 * LEASE_TTL_MS);
    world.probe('call', 'absent');

    expect(world.step('call')).toMatchObject({ state: 'parked', condition: { reason: 'end_not_seen' } });
    expect(world.operation('call')!.state).toBe('unknown');
  });

  it('is one that the tool cannot tell about', () => {
    const world = aCall();
    world.answer('call', UNKNOWN);
    world.advance(ABSENT_AFTER_MS + 1);

    for (let times = 0; times < LIMITS.PROBES_INCONCLUSIVE_MAX; times++) {
      world.probe('call', 'inconclusive');
      if (world.step('call').state === 'waiting') waitOut(world);
    }

    expect(world.step('call')).toMatchObject({ state: 'parked', condition: { reason: 'probe_inconclusive' } });
  });

  it('goes on being asked about, and moves by itself when the tool answers after all', () => {
    const world = new TaskWorld([aStep('call', { tool: 'ship' }), aStep('other', { tool: 'mail' })]);
    world.answer('other', UNKNOWN);
    world.answer('call', UNKNOWN);
    world.probe('call', 'absent');
    expect(world.attention).toMatchObject({ steps: 2 });

    waitOut(world);
    expect(questions(world)).toBe(2);
    world.probe('call', 'happened');

    expect(world.step('call').state).toBe('verifying');
    expect(world.attention).toMatchObject({ status: true, steps: 1 });
  });

  it('is proven absent once the end of its sender is seen after all', () => {
    const world = aCall();
    world.lose('call', 'fallen', 'lost');
    world.advance(10 * LEASE_TTL_MS);
    world.probe('call', 'absent');

    world.loseWorker('lost', 'ended');
    waitOut(world);
    world.probe('call', 'absent');

    expect(world.step('call')).toMatchObject({ state: 'dispatched', epoch: 1 });
    expect(world.attention).toMatchObject({ status: false, steps: 0 });
  });
});

describe('a sender whose end its parent reports', () => {
  it('starts the clock of absentAfterMs with that end', () => {
    const world = aCall();
    world.lose('call', 'ended');
    world.probe('call', 'absent');
    expect(world.step('call')).toMatchObject({ state: 'waiting', dueAt: world.now + ABSENT_AFTER_MS + 1 });

    waitOut(world);
    world.probe('call', 'absent');

    expect(world.step('call')).toMatchObject({ state: 'dispatched', attempts: { worker_lost: 1 } });
  });
});
