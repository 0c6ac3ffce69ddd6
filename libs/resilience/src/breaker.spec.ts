import { type ResolvedContract, resolveContract } from '@muster/domain';
import { Breaker, type BreakerPermit, type BreakerSnapshot, type HealthSign, TRIAL_RETRY_MS } from './breaker';
import { Breakers } from './breakers';

const policy = { errorThresholdPercentage: 50, volumeThreshold: 4, resetTimeoutMs: 1_000 };
const aBreaker = (changed?: (snapshot: BreakerSnapshot) => void) => new Breaker(policy, 10_000, changed);

function permitOf(breaker: Breaker): BreakerPermit {
  const admission = breaker.ask();
  if (!admission.admitted) throw new Error('Not admitted.');
  return admission.permit;
}
const call = (breaker: Breaker, sign: HealthSign) =>
  permitOf(breaker).run(
    async () => sign,
    (result) => result,
  );

async function opened(breaker: Breaker): Promise<Breaker> {
  for (let calls = 0; calls < policy.volumeThreshold; calls++) await call(breaker, 'ailing');
  return breaker;
}
async function halfOpened(breaker: Breaker): Promise<Breaker> {
  await opened(breaker);
  jest.advanceTimersByTime(policy.resetTimeoutMs);
  return breaker;
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('a closed breaker', () => {
  it('opens when the volume is reached and the share of ailing calls is the threshold or more', async () => {
    const breaker = aBreaker();

    await call(breaker, 'healthy');
    await call(breaker, 'healthy');
    await call(breaker, 'ailing');
    expect(breaker.state).toBe('closed');
    await call(breaker, 'ailing');

    expect(breaker.state).toBe('open');
  });

  it('opens when all calls fail and the threshold is 100 %', async () => {
    const breaker = new Breaker({ ...policy, errorThresholdPercentage: 100 }, 10_000);

    expect((await opened(breaker)).state).toBe('open');
  });

  it('learns nothing from calls that say nothing, nor from permits given back', async () => {
    const breaker = aBreaker();

    for (let calls = 0; calls < 10; calls++) await call(breaker, 'none');
    permitOf(breaker).giveBack();

    expect(breaker.snapshot).toMatchObject({ state: 'closed', failures: 0, successes: 0 });
  });

  it('opens on calls that last longer than its window, where opossum alone never would', async () => {
    const breaker = aBreaker();
    const permits = Array.from({ length: policy.volumeThreshold }, () => permitOf(breaker));

    const hanging = () => new Promise<HealthSign>((resolve) => setTimeout(() => resolve('ailing'), 30_000));
    const ends = permits.map((permit) => permit.run(hanging, (sign) => sign));
    await jest.advanceTimersByTimeAsync(30_000);
    await Promise.all(ends);

    expect(breaker.state).toBe('open');
  });

  it('hands a fault of the call on, without a word about the tool', async () => {
    const breaker = aBreaker();

    const run = permitOf(breaker).run(
      () => Promise.reject(new Error('A bug.')),
      () => 'healthy',
    );

    await expect(run).rejects.toThrow('A bug.');
    expect(breaker.snapshot).toMatchObject({ failures: 0, successes: 0 });
  });
});

describe('an open breaker', () => {
  it('admits nobody and says when to come again', async () => {
    const breaker = await opened(aBreaker());

    jest.advanceTimersByTime(400);

    expect(breaker.ask()).toEqual({ admitted: false, retryAfterMs: 600 });
  });

  it('still runs a call that was admitted before: its operation already counts as sent', async () => {
    const breaker = aBreaker();
    const early = permitOf(breaker);
    await opened(breaker);

    await expect(
      early.run(
        async () => 'answer',
        () => 'healthy',
      ),
    ).resolves.toBe('answer');

    expect(breaker.state).toBe('open');
  });
});

describe('a half-open breaker', () => {
  it('admits exactly one trial', async () => {
    const breaker = await halfOpened(aBreaker());

    expect(breaker.ask().admitted).toBe(true);
    expect(breaker.ask()).toEqual({ admitted: false, retryAfterMs: TRIAL_RETRY_MS });
  });

  it('closes on a healthy trial, and starts afresh: one new failure does not open it', async () => {
    const breaker = await halfOpened(aBreaker());

    await call(breaker, 'healthy');
    await call(breaker, 'ailing');

    expect(breaker.snapshot).toMatchObject({ state: 'closed', failures: 1, successes: 0, rejects: 0 });
  });

  it('opens again on an ailing trial, for the whole reset time', async () => {
    const breaker = await halfOpened(aBreaker());

    await call(breaker, 'ailing');

    expect(breaker.ask()).toEqual({ admitted: false, retryAfterMs: policy.resetTimeoutMs });
  });

  it.each<[string, (permit: BreakerPermit) => unknown]>([
    ['given back', (permit) => permit.giveBack()],
    [
      'aborted by us',
      (permit) =>
        permit.run(
          async () => 'gone',
          () => 'none',
        ),
    ],
  ])('admits another trial when the first was %s', async (_how, end) => {
    const breaker = await halfOpened(aBreaker());

    await end(permitOf(breaker));

    expect(breaker.state).toBe('half-open');
    expect(breaker.ask().admitted).toBe(true);
  });

  it('does not listen to calls that began before it opened', async () => {
    const breaker = aBreaker();
    const early = permitOf(breaker);
    await halfOpened(breaker);

    await early.run(
      async () => 'late',
      () => 'healthy',
    );

    expect(breaker.state).toBe('half-open');
  });

  it('is not fooled by a permit given back after its use while another trial is out', async () => {
    const breaker = await halfOpened(aBreaker());
    const first = permitOf(breaker);
    await first.run(
      async () => 'gone',
      () => 'none',
    );
    permitOf(breaker);

    first.giveBack();

    expect(breaker.ask().admitted).toBe(false);
  });
});

describe('every change of state', () => {
  it('is told with the figures of the moment', async () => {
    const states: string[] = [];
    const breaker = await halfOpened(
      aBreaker((snapshot) => states.push(`${snapshot.state} ${snapshot.openedAt ? 'since' : ''}`)),
    );

    await call(breaker, 'healthy');

    expect(states).toEqual(['open since', 'half-open since', 'closed ']);
  });
});

describe('the breakers of an executor', () => {
  const contract = (name: string, over: Partial<ResolvedContract> = {}): ResolvedContract => ({
    ...resolveContract(
      {
        name,
        version: '1',
        description: '',
        transport: { type: 'builtin', name },
        input: {},
        output: {},
        effect: 'none',
        breaker: policy,
      },
      name,
    ),
    ...over,
  });

  it('are one per tenant and contract', () => {
    const breakers = new Breakers();

    expect(breakers.of('a', contract('x'))).toBe(breakers.of('a', contract('x')));
    expect(breakers.of('a', contract('x'))).not.toBe(breakers.of('b', contract('x')));
    expect(breakers.of('a', contract('x'))).not.toBe(breakers.of('a', contract('x', { hash: 'other' })));
    breakers.shutdown();
  });

  it('forget a closed one rather than an open one when there are too many', async () => {
    const breakers = new Breakers({}, 2);
    const down = await opened(breakers.of('a', contract('down')));
    const fine = breakers.of('a', contract('fine'));

    breakers.of('a', contract('new'));

    expect(breakers.of('a', contract('down'))).toBe(down);
    expect(breakers.of('a', contract('fine'))).not.toBe(fine);
    breakers.shutdown();
  });

  it('tell tenant, tool and version of what changed', async () => {
    const changed = jest.fn();
    const breakers = new Breakers({ changed });

    await opened(breakers.of('a', contract('down')));

    expect(changed).toHaveBeenCalledWith(
      expect.objectContaining({ tenantId: 'a', tool: 'down', version: '1', state: 'open' }),
    );
    breakers.shutdown();
    expect(jest.getTimerCount()).toBe(0);
  });
});
