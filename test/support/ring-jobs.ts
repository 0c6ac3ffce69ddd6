import { type Doorbell, type Doorbells, Gathering } from '@muster/messaging';

/** Rings with jobs that are made already, whatever is in them. */
export const ringJobs = (doorbells: Doorbells, queue: string, jobs: readonly Doorbell[]): void =>
  new Gathering<Doorbell>(doorbells, queue, { pack: (waiting) => [...waiting] }).add(jobs);
