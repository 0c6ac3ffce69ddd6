import type { Lifecycle } from './table';

/** As stored. `executing`, which the API shows, is `dispatched` with an operation `sent` at the step's epoch. */
export type StepState =
  | 'pending'
  | 'ready'
  | 'dispatched'
  | 'waiting'
  | 'verifying'
  | 'parked'
  | 'succeeded'
  | 'failed'
  | 'skipped'
  | 'cancelled'
  | 'compensated';

export const STEP: Lifecycle<StepState> = {
  entity: 'step',
  table: {
    pending: ['ready', 'dispatched', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled'],
    ready: ['dispatched', 'failed', 'skipped', 'cancelled'],
    dispatched: ['dispatched', 'waiting', 'verifying', 'parked', 'succeeded', 'failed', 'skipped', 'cancelled'],
    waiting: ['dispatched', 'verifying', 'parked', 'succeeded', 'failed', 'cancelled'],
    verifying: ['waiting', 'parked', 'succeeded', 'failed', 'cancelled'],
    parked: ['dispatched', 'waiting', 'verifying', 'succeeded', 'failed', 'cancelled'],
    succeeded: ['compensated'],
    failed: [],
    skipped: [],
    cancelled: [],
    compensated: [],
  },
};

/** States in which a step has come to its end for this plan; `succeeded` may later be compensated. */
export const STEP_ENDS: readonly StepState[] = ['succeeded', 'failed', 'skipped', 'cancelled', 'compensated'];

export const hasEnded = (state: StepState): boolean => STEP_ENDS.includes(state);
