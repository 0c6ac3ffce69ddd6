import type { Lifecycle } from './table';

/** `void`: the task ended before anybody decided. Whether a granted one was used stands in the operation that it released. */
export type PermitState = 'pending' | 'granted' | 'denied' | 'void';

export const PERMIT: Lifecycle<PermitState> = {
  entity: 'permit',
  table: {
    pending: ['granted', 'denied', 'void'],
    granted: [],
    denied: [],
    void: [],
  },
};
