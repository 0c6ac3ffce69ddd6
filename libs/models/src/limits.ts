/** Every bound of a call of a model, named, with its reason. */
export const MODEL_LIMITS = {
  /** No answer of a model is so large; a server that sends more has gone wrong, or means harm. */
  ANSWER_BYTES_MAX: 5 * 1024 * 1024,
  /** A host that does not answer a SYN by now is away; the call's own deadline may be shorter. */
  CONNECT_TIMEOUT_MS: 10_000,
  /** What the providers take as the name of a function. */
  FUNCTION_NAME_LENGTH_MAX: 64,
  /** Of a server that reports no usage: fewer bytes than a token has on the average, so that budgets err on the safe side. */
  BYTES_PER_TOKEN: 3,
  SCRIPT_RULES_MAX: 1_000,
  SCRIPT_BYTES_MAX: 5 * 1024 * 1024,
} as const;
