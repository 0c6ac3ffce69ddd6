/** What a function is told of its call; an HTTP tool gets the same as headers. */
export interface FunctionCall {
  /** The operation's id: the same at every sending, so that a second one can be recognised. */
  readonly idempotencyKey: string;
  readonly taskId: string;
  readonly stepId: string;
  /** The sending's number, from 1. */
  readonly attempt: number;
  /** When the time is up. */
  readonly deadline: Date;
  /** Aborted when the time is up, the task is withdrawn or the executor has to end. */
  readonly signal: AbortSignal;
  /** W3C Trace Context. */
  readonly traceparent: string;
}

/** A tool as a function: gets the step's input, gives its output, which is kept as JSON. */
export type ToolFunction<Input = never, Output = unknown> = (
  input: Input,
  call: FunctionCall,
) => Output | Promise<Output>;

/** What a module of tools exports as `functions`, by the names of its tools. */
export type ToolFunctions = Readonly<Record<string, ToolFunction>>;

/**
 * What a function may throw to say that nothing was done. `rejected` is final; `notDone` is tried again, not before
 * `retryAfterMs` where it says so. Anything else that it throws leaves the outcome unknown.
 */
export interface NothingDone {
  readonly muster: 'rejected' | 'notDone';
  readonly message?: string;
  readonly retryAfterMs?: number;
}
