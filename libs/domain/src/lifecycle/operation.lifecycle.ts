import type { Lifecycle } from './table';

export type OperationState = 'sent' | 'succeeded' | 'failed' | 'unknown' | 'absent';

export const OPERATION: Lifecycle<OperationState> = {
  entity: 'operation',
  table: {
    sent: ['succeeded', 'failed', 'unknown', 'absent'],
    unknown: ['succeeded', 'failed', 'absent', 'sent'],
    absent: ['sent'],
    succeeded: [],
    failed: [],
  },
};

/** The fate of an operation is settled for good: it happened, or it was rejected. */
export const isSettled = (state: OperationState): boolean => state === 'succeeded' || state === 'failed';
