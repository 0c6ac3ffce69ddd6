/** Bounds of the queue door. */
export const INTAKE_LIMITS = {
  /** Jobs under way together; the commit gathers their submissions. */
  CONCURRENCY: 64,
  /** A message that waited longer is an order from another day: a person decides whether it still counts. */
  MESSAGE_AGE_MS_MAX: 24 * 60 * 60 * 1000,
  /** How far the sender's clock may be ahead of ours. */
  CLOCK_AHEAD_MS_MAX: 5 * 60 * 1000,
  /** Between two looks for a database that is away; the wait doubles from the first to the second. */
  RETRY_MS: 100,
  RETRY_MS_MAX: 2_000,
  /** Tries against rows that others hold. A database that is away is waited for as long as this process lives. */
  TRIES_MAX: 10,
  /** How often jobs that ended among the failed are made into refusals. */
  COLLECT_MS: 5_000,
  /** What is kept of a message that nobody's key signed: enough to see whose mistake it is. */
  UNSIGNED_CHARS_KEPT_MAX: 4_096,
  UNSIGNED_KEPT_MAX: 1_000,
} as const;
