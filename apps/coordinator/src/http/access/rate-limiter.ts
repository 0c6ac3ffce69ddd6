import { Clock } from '@muster/chassis';
import { Injectable } from '@nestjs/common';
import { DOOR_LIMITS } from '../door.limits';
import { HttpProblem } from '../problems/problem';

interface Bucket {
  tokens: number;
  at: number;
}

/** One token bucket per key, of this process: behind a balancer each coordinator grants its share. */
@Injectable()
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();

  constructor(private readonly clock: Clock) {}

  /** Takes one request's token; where there is none, throws the problem that says when there will be. */
  take(keyId: string): void {
    const bucket = this.refilled(keyId);
    if (bucket.tokens < 1) throw tooMany((1 - bucket.tokens) / DOOR_LIMITS.REQUESTS_PER_SECOND);
    bucket.tokens -= 1;
  }

  private refilled(keyId: string): Bucket {
    const now = this.clock.monotonicMs();
    const bucket = this.buckets.get(keyId) ?? { tokens: DOOR_LIMITS.REQUESTS_BURST, at: now };
    const earned = ((now - bucket.at) / 1000) * DOOR_LIMITS.REQUESTS_PER_SECOND;
    bucket.tokens = Math.min(DOOR_LIMITS.REQUESTS_BURST, bucket.tokens + earned);
    bucket.at = now;
    this.buckets.set(keyId, bucket);
    return bucket;
  }
}

function tooMany(seconds: number): HttpProblem {
  const { REQUESTS_PER_SECOND: rate, REQUESTS_BURST: burst } = DOOR_LIMITS;
  const detail = `This key may make ${rate} requests a second, ${burst} at once. Try again after Retry-After seconds.`;
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(seconds))) };
  return new HttpProblem(429, 'rate_limited', detail, { retryable: true, headers });
}
