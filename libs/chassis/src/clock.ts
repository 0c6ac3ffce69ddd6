import { Injectable } from '@nestjs/common';

/**
 * Time as a process may trust it. `monotonicMs` never jumps, so leases are measured by it. `now` is the database's clock
 * as it was last heard, which all services share; this machine's own may be an hour off.
 */
@Injectable()
export class Clock {
  private startedAt = Date.now() - performance.now();

  /** Milliseconds since some moment in the past, with fractions; only differences mean anything. */
  monotonicMs(): number {
    return performance.now();
  }

  /** The database's clock to within a round trip; this machine's until the database was heard. */
  now(): Date {
    return new Date(this.startedAt + this.monotonicMs());
  }

  /** The database's clock showed `databaseMs`, in milliseconds since 1970, at some moment since `askedAt`. */
  follow(databaseMs: number, askedAt: number): void {
    this.startedAt = databaseMs - (askedAt + this.monotonicMs()) / 2;
  }
}
