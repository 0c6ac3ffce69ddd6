import fc from 'fast-check';
import { backoffMs } from './retry-policy';

const policy = { maxAttempts: 5, backoffMs: 200, maxBackoffMs: 30_000 };

describe('the wait before a retry', () => {
  it('doubles, up to its cap, give or take a fifth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.string(), (attempt, seed) => {
        const middle = Math.min(200 * 2 ** (attempt - 1), 30_000);
        const wait = backoffMs(policy, attempt, seed);

        expect(Number.isInteger(wait)).toBe(true);
        expect(Math.abs(wait - middle)).toBeLessThanOrEqual(middle * 0.2 + 1);
      }),
    );
  });

  it('is the same for the same seed, and spread over different ones', () => {
    const waits = Array.from({ length: 100 }, (_, i) => backoffMs(policy, 3, `step ${i}`));

    expect(waits).toEqual(Array.from({ length: 100 }, (_, i) => backoffMs(policy, 3, `step ${i}`)));
    expect(new Set(waits).size).toBeGreaterThan(50);
  });
});
