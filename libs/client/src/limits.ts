/** The bounds of this library, each with its reason. */
export const CLIENT_LIMITS = {
  /** Tries of one request that is safe to repeat: with the pauses, some 6 s, in which a restarted server is back. */
  REQUEST_TRIES_MAX: 6,
  RETRY_BACKOFF_MS: 200,
  /** A Retry-After beyond this is handed to the caller instead of waited for. */
  RETRY_AFTER_MS_MAX: 10_000,
  /** Longest wait of one `get`; `wait` asks again until its own time is up. */
  WAIT_MS: 30_000,
  /** What a request may take beyond the wait it asked for. */
  REQUEST_TIMEOUT_MS: 30_000,
  /** The server asks no further question after 15 s, and the last one may take 10 s. */
  DOCTOR_TIMEOUT_MS: 45_000,
  /** A page ends by itself after some seconds, however many it was asked for. */
  VERIFICATIONS_A_PAGE: 200,
  /** The server sends a heartbeat every 15 s: three missed ones mean that the connection is dead. */
  STREAM_SILENCE_MS: 45_000,
  /** Connections of an event stream in a row that brought nothing and did not end the task's history. */
  STREAM_RECONNECTS_MAX: 20,
  STREAM_RECONNECT_MS_MAX: 5_000,
  /** One server-sent event larger than this is no event of ours. */
  STREAM_EVENT_CHARS_MAX: 32 * 1024 * 1024,
} as const;
