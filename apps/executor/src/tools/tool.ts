import type { ResolvedContract } from '@muster/domain';
import type { ToolAnswer } from '@muster/ledger';

/** One sending of one operation, already recorded as sent. */
export interface ToolCall {
  readonly contract: ResolvedContract;
  readonly tenantId: string;
  /** As shown: `op_…`. It never changes across sendings. */
  readonly operationId: string;
  /** As shown: `tsk_…`. */
  readonly taskId: string;
  /** As shown: `stp_…`. */
  readonly stepId: string;
  /** The sending's number, from 1. */
  readonly attempt: number;
  /** The exact bytes whose hash the ledger holds: the input as JSON. */
  readonly request: Buffer;
  /** When the time is up, for the tool to know; `timeoutMs` is what is enforced, on the monotonic clock. */
  readonly deadline: Date;
  readonly timeoutMs: number;
  /** Aborted when the task is withdrawn or the worker has to stop. */
  readonly signal: AbortSignal;
  /** W3C Trace Context. */
  readonly traceparent: string;
  /** Asked once more right before the first byte leaves: false when the claim has grown too old meanwhile. */
  mayLeave(): boolean;
  /** Keeps the place in the bulkhead past the answer, until this has settled; it never rejects. */
  holdUntil(end: Promise<unknown>): void;
}

/**
 * Something that can be called. Whatever the outside does is a value of the answer; a rejection is a bug of ours. The
 * promise settles only when the socket or child is really closed, so that its bulkhead place is held as long as it acts;
 * what cannot be ended is held by `holdUntil`.
 */
export interface Tool {
  call(call: ToolCall): Promise<ToolAnswer>;
  /** Ends the connections that are kept and the servers that were started; calls in flight end as `reset`. */
  close?(): Promise<void>;
}
