import { LIMITS } from '@muster/domain';
import { TIMEOUT_MS, WINDOW_MS } from './testing/contracts';
import { aStep, LEASE_TTL_MS, TaskWorld } from './testing/task.world';

const UNKNOWN = { state: 'unknown', code: 'timeout' } as const;
const aCall = (tool: string, changes = {}) => new TaskWorld([aStep('call', { tool, ...changes })]);

/** Until the step is due again, and then a look. */
function waitOut(world: TaskWorld): void {
  world.advance(world.nextDue()! - world.now);
  world.sweep();
}

describe('a read whose outcome is unknown', () => {
  it('is sent again with growing intervals, under the same operation', () => {
    const world = aCall('read');

    world.answer('call', UNKNOWN);

    expect(world.step('call')).toMatchObject({
      state: 'waiting',
      condition: { kind: 'retry', class: 'unknown', attempt: 2 },
    });
    waitOut(world);
    world.answer('call');
    expect(world.operation('call')).toMatchObject({
      state: 'succeeded',
      sending: 2,
      id: world.step('call').operationId,
    });
    expect(world.task.state).toBe('completed');
  });

  it('fails for good when its attempts are spent, and is then known to have left nothing behind', () => {
    const world = aCall('read', { retry: { maxAttempts: 2 } });

    world.answer('call', UNKNOWN);
    waitOut(world);
    world.answer('call', UNKNOWN);

    expect(world.operation('call')).toMatchObject({ state: 'absent', resolver: 'coordinator', sending: 2 });
    expect(world.task.failure).toMatchObject({
      exitReason: 'timeout',
      retryClass: 'attempts_spent',
      attempts: { unknown: 1 },
    });
    expect(world.task.failure!.trace.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('spends attempts of every kind from one purse', () => {
    const world = aCall('read', { retry: { maxAttempts: 3 } });

    for (const answer of [UNKNOWN, { state: 'absent', code: 'http_503' } as const, UNKNOWN]) {
      if (world.step('call').state === 'waiting') waitOut(world);
      world.answer('call', answer);
    }

    expect(world.step('call')).toMatchObject({ state: 'failed', attempts: { unknown: 1, not_done: 1 } });
  });
});

describe('an answer that says "nothing was done"', () => {
  it.each(['read', 'record', 'pay', 'book', 'mail'])(
    'lets %s be sent again, not before the tool asked for it',
    (tool) => {
      const world = aCall(tool);

      world.answer('call', { state: 'absent', code: 'http_429', retryAfterMs: 7_000 });

      expect(world.step('call')).toMatchObject({
        state: 'waiting',
        dueAt: world.now + 7_000,
        condition: { class: 'not_done' },
      });
      waitOut(world);
      expect(world.claim('call')).toBe('claimed');
    },
  );

  it('fails the step when its attempts are spent', () => {
    const world = aCall('mail', { retry: { maxAttempts: 1 } });

    world.answer('call', { state: 'absent', code: 'http_503' });

    expect(world.task).toMatchObject({
      state: 'failed',
      failure: { exitReason: 'http_503', retryClass: 'attempts_spent' },
    });
  });
});

describe('a transactional call without an answer', () => {
  it('was not done, and is sent again at once', () => {
    const world = aCall('record');

    world.answer('call', UNKNOWN);

    expect(world.operation('call')).toMatchObject({ state: 'absent', code: 'not_committed' });
    expect(world.step('call')).toMatchObject({ state: 'dispatched', epoch: 1 });
  });

  it('is not charged for the loss of its worker', () => {
    const world = aCall('record', { retry: { maxAttempts: 1 } });

    world.lose('call', 'ended');
    world.answer('call');

    expect(world.task.state).toBe('completed');
  });
});

describe('a keyed call whose outcome is unknown', () => {
  const WINDOW_END_MS = WINDOW_MS - LEASE_TTL_MS - TIMEOUT_MS;

  it('is sent again inside the window of its tool', () => {
    const world = aCall('pay');

    world.answer('call', UNKNOWN);
    waitOut(world);

    expect(world.claim('call')).toBe('claimed');
    expect(world.operation('call')).toMatchObject({ sending: 2, doubt: 1 });
  });

  it('is not settled by a rejection that speaks of the second sending only', () => {
    const world = aCall('pay');
    world.answer('call', UNKNOWN);
    waitOut(world);

    world.answer('call', { state: 'failed', code: 'http_409' });

    expect(world.operation('call')).toMatchObject({ state: 'unknown', sending: 2 });
    expect(world.step('call').state).toBe('waiting');
  });

  it('waits for a person once the window is over', () => {
    const world = aCall('pay');
    world.claim('call');
    world.advance(WINDOW_END_MS);

    world.settle('call', UNKNOWN);
    world.look('call');

    expect(world.step('call')).toMatchObject({ state: 'parked', condition: { reason: 'window_over' } });
  });

  it('is not sent again when its retry comes due too late, because nobody was there to look', () => {
    const world = aCall('pay');
    world.answer('call', UNKNOWN);

    world.advance(WINDOW_END_MS + 1);
    world.sweep();

    expect(world.step('call')).toMatchObject({ state: 'parked', epoch: 0, condition: { reason: 'window_over' } });
  });

  it('is not rung again behind its window, where the resend waits for an executor', () => {
    const world = aCall('pay');
    world.lose('call', 'fallen');
    expect(world.step('call')).toMatchObject({ state: 'dispatched', epoch: 1 });

    world.advance(WINDOW_END_MS + 1);
    world.sweep();

    expect(world.step('call')).toMatchObject({ state: 'parked', condition: { reason: 'window_over' } });
    expect(world.claim('call', 'w1', 1)).toBe('stale');
    expect(world.task.toolCalls).toBe(1);
  });

  it('loses to a claim that comes in between', () => {
    const world = aCall('pay');
    world.lose('call', 'fallen');
    world.advance(WINDOW_END_MS + 1);
    world.interfere = () => {
      world.interfere = () => undefined;
      world.claim('call');
    };

    world.look('call');

    expect(world.operation('call')).toMatchObject({ state: 'sent', sending: 2 });
    expect(world.step('call')).toMatchObject({ state: 'dispatched', epoch: 1 });
  });

  it('waits for a person when its attempts are spent, since it may have happened', () => {
    const world = aCall('pay', { retry: { maxAttempts: 1 } });

    world.answer('call', UNKNOWN);

    expect(world.step('call')).toMatchObject({ state: 'parked', condition: { reason: 'attempts_spent' } });
    expect(world.task.state).toBe('running');
  });
});

describe('an opaque call whose outcome is unknown', () => {
  it('is never sent again without a person', () => {
    const world = aCall('mail');

    world.answer('call', UNKNOWN);
    world.advance(24 * 60 * 60 * 1_000);
    world.sweep();

    expect(world.step('call')).toMatchObject({ state: 'parked', epoch: 0, condition: { reason: 'outcome_unknown' } });
    expect(world.claim('call')).toBe('stale');
    expect(world.attention).toMatchObject({ status: true, reason: 'outcome_unknown', steps: 1 });
  });
});

describe('an answer that comes late', () => {
  it('settles the operation and moves the step it belongs to', () => {
    const world = aCall('mail');
    world.lose('call', 'fallen');

    world.settle('call', { output: { sent: true } });
    world.look('call');

    expect(world.task).toMatchObject({ state: 'completed' });
    expect(world.attention).toMatchObject({ status: false, steps: 0 });
  });

  it('of an earlier sending is taken before anything is sent a third time', () => {
    const world = aCall('pay');
    world.lose('call', 'fallen');
    world.answer('call', UNKNOWN);
    world.settle('call', { output: 7 }, 1);

    waitOut(world);

    expect(world.operation('call')).toMatchObject({ state: 'succeeded', resolver: 'late-answer', sending: 2 });
    expect(world.step('call').state).toBe('verifying');
  });

  it('moves a resend that nobody has claimed yet, and returns what it had reserved', () => {
    const world = aCall('read');
    world.lose('call', 'expired');
    expect(world.step('call').epoch).toBe(1);

    world.settle('call');
    world.look('call');

    expect(world.task).toMatchObject({ state: 'completed', toolCalls: 1 });
  });

  it('moves a parked step at the next sweep, though its ring was lost', () => {
    const world = aCall('mail', { retry: { maxAttempts: 1 } });
    world.lose('call', 'fallen');

    world.settle('call', { state: 'failed', code: 'http_422' });
    world.sweep();

    expect(world.task).toMatchObject({ state: 'failed', failure: { exitReason: 'http_422' } });
  });
});

describe('what a person released', () => {
  it('is sent once more, and parked again when that is unknown too', () => {
    const world = aCall('mail', { retry: { maxAttempts: 1 } });
    world.answer('call', UNKNOWN);

    world.resolve('call', 'absent');
    world.answer('call', UNKNOWN);

    expect(world.operation('call')).toMatchObject({ sending: 2, releases: 1 });
    expect(world.step('call').state).toBe('parked');
  });
});

it('counts losses per step and not per task', () => {
  const world = new TaskWorld([aStep('a'), aStep('b')]);

  for (let loss = 1; loss < LIMITS.WORKER_LOSSES_MAX; loss++) for (const key of ['a', 'b']) world.lose(key, 'ended');

  expect(world.states()).toEqual({ a: 'dispatched', b: 'dispatched' });
});
