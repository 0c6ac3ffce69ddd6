export { MusterClient } from './client';
export type { StreamOptions } from './event-stream';
export { MusterProblem, MusterUnreachable } from './faults';
export { gather } from './gather';
export type { HttpOptions } from './http';
export * from './pruning';
export * from './shapes';
export type { CancelOptions, GetOptions, ListOptions, SubmitOptions } from './tasks';
