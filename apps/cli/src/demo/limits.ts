/** The bounds of the demo, each with its reason. */
export const DEMO_LIMITS = {
  /** A machine that needs longer to start Postgres and five processes has another problem. */
  START_MS_MAX: 60_000,
  /** After a polite stop; the supervisor gives its services 12 s before it ends them by force. */
  STOP_MS_MAX: 20_000,
  POLL_MS: 50,
  DESK_START_MS_MAX: 10_000,
  /** Fewer commits give too few pairs of author and area to kill anything in the middle. */
  COMMITS_MIN: 8,
  LOG_TAIL_LINES: 15,
} as const;
