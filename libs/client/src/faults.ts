import type { InputProblem, ProblemDocument } from './shapes';

/** An answer that says no: everything the problem document says, and nothing made up. */
export class MusterProblem extends Error {
  readonly status: number;
  /** Machine-readable reason, such as `tool_unknown`; `http_<status>` where the answer carried none. */
  readonly code: string;
  readonly errors: readonly InputProblem[];
  /** The same request may succeed later, unchanged. */
  readonly retryable: boolean;
  readonly requestId?: string;
  /** From Retry-After, in milliseconds. */
  readonly retryAfterMs?: number;

  constructor(
    readonly problem: ProblemDocument,
    retryAfterMs?: number,
  ) {
    super(problem.detail ?? problem.title ?? `The request was answered with status ${problem.status}.`);
    this.name = 'MusterProblem';
    this.status = problem.status;
    this.code = problem.code ?? `http_${problem.status}`;
    this.errors = problem.errors ?? [];
    this.retryable = problem.retryable ?? false;
    this.requestId = problem.requestId;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came: nothing listens there, the name does not resolve, or the connection broke. */
export class MusterUnreachable extends Error {
  readonly retryable = true;

  constructor(
    readonly url: string,
    override readonly cause: unknown,
  ) {
    super(`No answer from ${url}${reasonOf(cause)}.`);
    this.name = 'MusterUnreachable';
  }

  /** Nobody is at the address: nothing listens there, or its name is unknown. */
  get isNobody(): boolean {
    return ['ECONNREFUSED', 'ENOTFOUND'].includes(codeOf(this.cause) ?? '');
  }
}

function reasonOf(cause: unknown): string {
  const reason = codeOf(cause) ?? (cause instanceof Error ? deepest(cause).message : '');
  return reason ? ` (${reason})` : '';
}

function codeOf(cause: unknown): string | undefined {
  const { code } = deepest(cause) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

// fetch() says "fetch failed" and hides the reason one level deeper.
const deepest = (cause: unknown): Error => ((cause as Error | undefined)?.cause ?? cause ?? {}) as Error;
