/** Every bound of the verifier, named, with its reason. */
export const BOUNDS = {
  /** Jobs at the same time. A job mostly waits for Postgres or for a tool that is being asked. */
  JOBS_MAX: 64,
  /** Probes of this process at the same time, whatever the number of jobs. */
  PROBES_MAX: 64,
  /** A probe's answer says whether something happened and with what output; more than this is not read. */
  PROBE_BYTES_MAX: 1024 * 1024,
  PROBE_CONNECT_MS: 3_000,
  /** Tries to read an effect back within one job; after these the coordinator's sweep rings again. */
  READ_BACK_TRIES_PER_JOB: 6,
  READ_BACK_PAUSE_MS_MIN: 250,
  READ_BACK_PAUSE_MS_MAX: 2_000,
  /** Inconclusive read-backs after which the recorded answer stands, where "absent" can prove nothing. */
  READ_BACK_INCONCLUSIVE_MAX: 3,
  /** The same where it could, but the tool gives no usable answer at all: a step must not wait for it for ever. */
  READ_BACK_SILENT_MAX: 12,
  /** Of the values that criteria were held against; larger ones are kept by their hash alone. */
  CRITERIA_EVIDENCE_BYTES_MAX: 256 * 1024,
  MESSAGE_LENGTH_MAX: 1_000,
} as const;
