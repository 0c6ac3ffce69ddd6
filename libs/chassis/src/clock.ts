import { Injectable } from '@nestjs/common';

/** Time as a process may trust it. `monotonicMs` never jumps; the wall clock may, so no lease is measured by it. */
@Injectable()
export class Clock {
  /** Milliseconds since some moment in the past, with fractions; only differences mean anything. */
  monotonicMs(): number {
    return performance.now();
  }

  now(): Date {
    return new Date();
  }
}
