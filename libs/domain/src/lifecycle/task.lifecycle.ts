import type { Lifecycle } from './table';

export type TaskState =
  | 'accepted'
  | 'planning'
  | 'running'
  | 'verifying'
  | 'compensating'
  | 'completed'
  | 'failed'
  | 'cancelled';

export const TASK: Lifecycle<TaskState> = {
  entity: 'task',
  table: {
    accepted: ['planning', 'running', 'failed', 'cancelled'],
    planning: ['running', 'failed', 'cancelled'],
    running: ['planning', 'verifying', 'compensating', 'completed', 'failed', 'cancelled'],
    verifying: ['planning', 'running', 'compensating', 'completed', 'failed', 'cancelled'],
    compensating: ['failed', 'cancelled'],
    completed: [],
    failed: [],
    cancelled: [],
  },
};
