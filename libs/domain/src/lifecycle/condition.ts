/**
 * The exact thing a step waits for, stored in its row beside `due_at`. Whoever looks (the sweeper, `explain`, a person)
 * reads why the step stands still from here alone. Times are RFC 3339, ids are plain UUIDs.
 */
export type StepCondition =
  /** Pending: `waiting_on` of its needs have not met their end. */
  | { readonly kind: 'needs' }
  /** Ready: the tenant has as many steps in flight as its window allows. */
  | { readonly kind: 'window' }
  /** Pending: as many items of its `forEach` are in flight as `maxParallel` allows. */
  | { readonly kind: 'slot' }
  /** Dispatched: an executor has been rung and its answer is awaited. */
  | { readonly kind: 'answer' }
  /** Dispatched as a later member of a run: the executor goes on to it when `step` has succeeded. */
  | { readonly kind: 'after'; readonly step: string }
  /** Waiting: a definite "nothing was done", or an unknown outcome that may be sent again; the next try is at `at`. */
  | { readonly kind: 'retry'; readonly at: string; readonly class: string; readonly attempt: number }
  /** Waiting: the verifier asks the tool what became of the operation, not before `notBefore`; `asked` counts the questions. */
  | { readonly kind: 'probe'; readonly notBefore: string; readonly reason: string; readonly asked: number }
  /** Waiting: the breaker of its tool is open. */
  | { readonly kind: 'breaker'; readonly tool: string; readonly until: string }
  /** Waiting: items of its `forEach` run. `failed` counts those whose failure nothing absorbs; `first` is the first. */
  | { readonly kind: 'items'; readonly total: number; readonly failed: number; readonly first?: string }
  /**
   * Waiting: the calls of its round run. `calls` counts all so far, `idle` the rounds on end that brought nothing new,
   * `repairs` the final answers that were not what its contract says.
   */
  | {
      readonly kind: 'agent';
      readonly round: number;
      readonly calls: number;
      readonly idle: number;
      readonly repairs: number;
    }
  /** Verifying: the verifier has not spoken in this round. */
  | { readonly kind: 'verdict'; readonly round: number }
  /** Parked: no automatic move is safe. */
  | {
      readonly kind: 'person';
      readonly reason: string;
      readonly message: string;
      readonly operationId: string;
      /** Of a call that waits for a permit: which one. */
      readonly permit?: string;
    }
  /** Ended: it waits for nothing. */
  | { readonly kind: 'none'; readonly reason?: string };

export type StepConditionKind = StepCondition['kind'];
