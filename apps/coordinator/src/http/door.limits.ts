/** Bounds of the HTTP door alone; those of the whole runtime are in libs/domain/src/limits.ts. */
export const DOOR_LIMITS = {
  /** A key that was revoked, or got other scopes, is believed no longer than this. */
  API_KEY_CACHE_MS: 5_000,
  /** Keys remembered, the unknown ones among them, so that guessing cannot fill the memory. */
  API_KEYS_KEPT_MAX: 10_000,
  /** Requests of one rate-limited key, on average and at once. */
  REQUESTS_PER_SECOND: 200,
  REQUESTS_BURST: 1_000,
  /** What another coordinator registered is seen within this. */
  CONTRACTS_CACHE_MS: 1_000,
  TENANTS_KEPT_MAX: 1_000,
  CONTRACTS_KEPT_MAX: 10_000,
  /** Compiled plans remembered, since clients submit the same plan again and again; and the steps of all of them. */
  PLANS_KEPT_MAX: 500,
  PLAN_STEPS_KEPT_MAX: 200_000,
  /** Submissions of one batch under way together; the commit gathers them. */
  BATCH_CONCURRENCY: 250,
  /** A tool that is replaced again and again while its plan is accepted is somebody else's fight. */
  COMPILE_ROUNDS_MAX: 3,
  /** Silence on an event stream after which a line is sent, so that nobody in between closes it. */
  HEARTBEAT_MS: 15_000,
  /** A waiter looks again by itself after this: news of another coordinator may slip between its look and its listening. */
  LOOK_AGAIN_MS: 1_000,
  EVENTS_AT_ONCE: 500,
  /** A body refused for its size is read no further than this, so that its sender gets to see the answer. */
  DRAINED_BYTES_MAX: 32 * 1024 * 1024,
  BODY_MS_MAX: 60_000,
  RETRY_AFTER_S: 1,
  /** What a planner is shown of contracts, in the goal's own plan: more is no help to a model. */
  CATALOGUE_BYTES_MAX: 200 * 1024,
} as const;
