import type { TaskState } from './shapes';

/** Which finished tasks are to leave the database. */
export interface Pruning {
  /** Since their end; a day at least. */
  readonly olderThanMs: number;
  /** Only tasks that ended so; by default any end. */
  readonly states?: readonly TaskState[];
  /** Remove nothing and say what would be removed. */
  readonly dryRun?: boolean;
}

/** What a slice of that came to. */
export interface Pruned {
  readonly dryRun: boolean;
  readonly removed: {
    readonly tasks: number;
    readonly steps: number;
    readonly operations: number;
    /** Earlier and late ones. */
    readonly sendings: number;
    readonly events: number;
    /** Plans and artifacts that no task refers to any more. */
    readonly plans: number;
    readonly artifacts: number;
    /** Of requests, answers, events, evidence and artifacts. */
    readonly bytes: number;
  };
  /** Tasks that stay however old they are. */
  readonly kept: {
    readonly needsAttention: number;
    readonly unknownOperation: number;
    readonly lateAnswer: number;
  };
  readonly nextCursor?: string;
}
