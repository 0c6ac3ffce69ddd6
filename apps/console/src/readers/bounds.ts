/** How much one page shows; what is beyond is reached by paging, never by a longer page. */
export const BOUNDS = {
  ATTENTION_MAX: 25,
  PARKED_MAX: 100,
  RECENT_MAX: 12,
  WORKERS_MAX: 40,
  BREAKERS_MAX: 20,
  TASKS_PAGE: 50,
  STEPS_PAGE: 200,
  EVENTS_PAGE: 60,
  EVIDENCE_MAX: 400,
  /** Of a request or an answer. */
  BODY_BYTES_MAX: 4_096,
  /** How far back ended tasks are counted. */
  COUNTED_MS: 24 * 60 * 60 * 1_000,
  /** One overview serves everybody of a tenant who looks within this time. */
  OVERVIEW_TTL_MS: 1_000,
  OVERVIEWS_KEPT_MAX: 1_000,
  /** How often the board looks for new lanes, and for queues whose connection did not survive. */
  BOARD_REFRESH_MS: 15_000,
} as const;
