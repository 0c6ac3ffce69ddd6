/** Bounds of retention. */
export const RETENTION_LIMITS = {
  /** Tasks that one statement removes: some tens of milliseconds, in which it waits for nobody. */
  BATCH_TASKS_MAX: 100,
  /** Their steps together; a task with more goes alone. */
  BATCH_STEPS_MAX: 1_000,
  /** A task of 100,000 steps takes some seconds. */
  STATEMENT_MS_MAX: 60_000,
  /** Behind each batch of a sweep it rests so many times as long as that took: a fifth of one core at most. */
  SWEEP_REST: 4,
  /** A person waits for a command: it takes half of the time. */
  COMMAND_REST: 1,
  REST_MS_MAX: 2_000,
  /** How often finished tasks are looked through. */
  SWEEP_EVERY_MS: 10 * 60 * 1000,
  /** The first time after a start, when the work that waited for it has begun. */
  SWEEP_FIRST_MS: 10_000,
  /** One answer to a command; its caller goes on where it ended. */
  SLICE_MS_MAX: 2_000,
  /** Tries of one batch while somebody else prunes: a batch of theirs is over by then. */
  TRIES_MAX: 20,
  TRY_AGAIN_MS: 100,
} as const;
