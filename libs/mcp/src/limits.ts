import { LIMITS } from '@muster/domain';

/** Every bound of a connection to an MCP server, named, with its reason. */
export const MCP_LIMITS = {
  /** Start, handshake and first list; a package runner may have to fetch the server first. */
  OPEN_TIMEOUT_MS: 60_000,
  /** A list that was called for again, between two calls. */
  LIST_TIMEOUT_MS: 10_000,
  /** Servers need not tell of a change, and one behind an address can be replaced without anybody knowing. */
  LIST_FRESH_MS: 60_000,
  /** For the word that a session is over: a courtesy, which must not hold up an end. */
  LEAVE_TIMEOUT_MS: 1_000,
  /** A server that answers no ping by now answers nothing any more. */
  PING_TIMEOUT_MS: 5_000,
  /** A host that does not answer a SYN by now is away. */
  CONNECT_TIMEOUT_MS: 10_000,
  /** One message of a server: what could still be kept as an artifact. */
  MESSAGE_BYTES_MAX: LIMITS.ARTIFACT_BYTES_MAX,
  /** A server that goes on giving pages is broken or means harm. */
  LIST_PAGES_MAX: 100,
  TOOLS_MAX: 1_000,
  /** Of stderr only the end is kept: it is where servers say why they did not start. */
  STDERR_TAIL_BYTES_MAX: 2_048,
  /** Ways in which a schema changed that a message names. */
  CHANGES_TOLD_MAX: 5,
  /** What setTimeout can count to: calls have a deadline of their own. */
  TIMER_MS_MAX: 2 ** 31 - 1,
} as const;
