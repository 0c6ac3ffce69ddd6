import { Clock } from '@muster/chassis';
import { DOOR_LIMITS } from '../door.limits';
import { RateLimiter } from './rate-limiter';

class SteppedClock extends Clock {
  ms = 0;
  override monotonicMs(): number {
    return this.ms;
  }
}

describe('a key that asks too often', () => {
  it('is refused with the limit and a time, alone, and let in again when that time has passed', () => {
    const clock = new SteppedClock();
    const rates = new RateLimiter(clock);
    for (let count = 0; count < DOOR_LIMITS.REQUESTS_BURST; count++) rates.take('eager');

    const refusal = expect.objectContaining({
      status: 429,
      retryable: true,
      headers: { 'retry-after': '1' },
      detail: expect.stringContaining(`${DOOR_LIMITS.REQUESTS_PER_SECOND} requests a second`),
    });
    expect(() => rates.take('eager')).toThrow(refusal);
    expect(() => rates.take('calm')).not.toThrow();

    clock.ms += 1_000;
    expect(() => rates.take('eager')).not.toThrow();
  });
});
