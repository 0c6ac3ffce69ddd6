import { LIMITS } from '@muster/domain';

/** Every bound of a call to the outside, named, with its reason. */
export const TOOL_LIMITS = {
  /** A response body or a program's stdout: what could still be kept as an artifact. */
  RESPONSE_BYTES_MAX: LIMITS.ARTIFACT_BYTES_MAX,
  /** A host that does not answer a SYN by now is away; the call's own deadline may be shorter. */
  CONNECT_TIMEOUT_MS: 10_000,
  /** Of stderr only the end is kept, for the message: it is where programs say what went wrong. */
  STDERR_TAIL_BYTES_MAX: 2_048,
  /** Between SIGTERM and SIGKILL: a cancelled call has to be over within a second. */
  KILL_GRACE_MS: 500,
  ARTIFACT_NAME_LENGTH_MAX: 128,
} as const;
