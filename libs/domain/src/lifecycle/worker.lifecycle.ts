import type { Lifecycle } from './table';

export type WorkerState = 'starting' | 'ready' | 'draining' | 'dead';

export const WORKER: Lifecycle<WorkerState> = {
  entity: 'worker',
  table: {
    starting: ['ready', 'draining', 'dead'],
    ready: ['draining', 'dead'],
    draining: ['dead'],
    dead: [],
  },
};
