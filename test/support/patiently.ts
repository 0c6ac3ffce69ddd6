import { MusterUnreachable } from '@muster/client';

const DEADLINE_MS = 60_000;

/** Tries again while nobody answers: a service that was killed is being started again. `work` must be repeatable. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof MusterUnreachable) || performance.now() > end) throw error;
    }
  }
}
