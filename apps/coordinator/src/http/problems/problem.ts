import type { Problem } from '@muster/domain';

interface ProblemOptions {
  readonly retryable?: boolean;
  readonly errors?: readonly Problem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is answered with a problem (RFC 9457). `detail` says what happened and what to do next. */
export class HttpProblem extends Error {
  readonly retryable: boolean;
  readonly errors?: readonly Problem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    { retryable = false, errors, headers = {} }: ProblemOptions = {},
  ) {
    super(`${status} ${code}: ${detail}`);
    this.name = 'HttpProblem';
    this.retryable = retryable;
    this.errors = errors;
    this.headers = headers;
  }
}

export const notFound = (what: string): HttpProblem =>
  new HttpProblem(404, 'not_found', `There is no ${what}, or it belongs to another tenant.`);

/** What ended long ago may have been removed: nothing is kept that could tell it from what never was. */
export const noSuchTask = (): HttpProblem =>
  new HttpProblem(
    404,
    'not_found',
    'There is no such task: it belongs to another tenant, or was removed after its end.',
  );

/** A rule broken by a body that could be read. */
export function invalidRequest(errors: readonly Problem[]): HttpProblem {
  const count = errors.length === 1 ? 'a problem' : `${errors.length} problems`;
  const detail = `The request has ${count}; each is listed in errors. Nothing was done.`;
  return new HttpProblem(422, 'invalid_request', detail, { errors });
}

export function invalidParameter(name: string, message: string): HttpProblem {
  const error = { pointer: '', code: 'invalid_parameter', message: `${name}: ${message}` };
  return new HttpProblem(400, 'invalid_parameter', `The query parameter '${name}' is wrong: ${message}`, {
    errors: [error],
  });
}
