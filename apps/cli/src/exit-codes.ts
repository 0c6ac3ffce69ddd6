/** What `muster` says to the shell. Scripts rely on these numbers. */
export const EXIT = {
  ok: 0,
  /** A request was refused, a task did not complete, or a check did not hold. */
  problem: 1,
  /** The command line or a file given to it cannot be understood. */
  usage: 2,
  /** No answer from Muster. */
  unreachable: 3,
  /** The task waits for a person. */
  attention: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_TEXT = `
Exit codes: 0 done · 1 refused, or it did not complete · 2 usage · 3 Muster unreachable · 4 the task waits for a
person · 130 interrupted
`;
