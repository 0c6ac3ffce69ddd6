export { HISTORY_CHECK } from './history';
export type { Breach, Invariant, SqlRunner } from './invariant';
export { INVARIANTS, type InvariantOptions, runInvariants } from './run-invariants';
