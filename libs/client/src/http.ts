import { MusterProblem, MusterUnreachable } from './faults';
import { CLIENT_LIMITS } from './limits';
import { pause } from './pause';
import type { Page, ProblemDocument } from './shapes';

export interface HttpOptions {
  readonly url: string;
  readonly key?: string;
  /** Another implementation of fetch, for runtimes that want one. */
  readonly fetch?: typeof fetch;
}

export interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sending it twice does no harm: a read, a PUT, or a POST under an Idempotency-Key. */
  readonly repeatable?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Speaks HTTP with one Muster: authorization, problems as errors, bounded repetition of what is safe to repeat. */
export class Http {
  readonly url: string;
  private readonly key?: string;
  private readonly fetch: typeof fetch;
  private reached = false;

  constructor(options: HttpOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.key = options.key;
    this.fetch = options.fetch ?? globalThis.fetch;
  }

  async json<T>(path: string, request: Request = {}): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.once<T>(path, request);
      } catch (fault) {
        const waitMs = this.neverThere(fault) ? undefined : repeatAfter(fault, request, tries);
        if (waitMs === undefined) throw fault;
        await pause(waitMs, request.signal);
      }
    }
  }

  /** Items of a list, page by page, as they are asked for. */
  async *pages<T>(path: string, query: Query = {}): AsyncGenerator<T, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.json<Page<T>>(path, { query: { ...query, cursor }, repeatable: true });
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** The raw answer, whatever its status. Rejects only where no answer came. */
  async send(path: string, request: Request): Promise<Response> {
    const url = this.url + path + queryString(request.query);
    try {
      const response = await this.fetch(url, {
        method: request.method ?? 'GET',
        headers: this.headersOf(request),
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
        signal: request.signal,
      });
      this.reached = true;
      return response;
    } catch (cause) {
      if (request.signal?.aborted && !isTimeout(request.signal.reason)) throw cause;
      throw new MusterUnreachable(this.url, cause);
    }
  }

  // Where nothing ever answered, waiting would only delay the message that says so; a server seen before may come back.
  private neverThere(fault: unknown): boolean {
    return !this.reached && fault instanceof MusterUnreachable && fault.isNobody;
  }

  private async once<T>(path: string, request: Request): Promise<T> {
    const timeout = AbortSignal.timeout(request.timeoutMs ?? CLIENT_LIMITS.REQUEST_TIMEOUT_MS);
    const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
    const response = await this.send(path, { ...request, signal });
    const text = await response.text().catch((cause: unknown) => {
      if (request.signal?.aborted) throw cause;
      throw new MusterUnreachable(this.url, cause);
    });
    if (!response.ok) throw problemFrom(response, text);
    return parsed(response, text) as T;
  }

  private headersOf(request: Request): Record<string, string> {
    return {
      accept: 'application/json',
      ...(this.key ? { authorization: `Bearer ${this.key}` } : {}),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    };
  }
}

/** How long to wait before the same request again; undefined where it must not, or need not, be repeated. */
function repeatAfter(fault: unknown, request: Request, tries: number): number | undefined {
  const retryable = (fault instanceof MusterProblem || fault instanceof MusterUnreachable) && fault.retryable;
  if (!retryable || !request.repeatable || tries >= CLIENT_LIMITS.REQUEST_TRIES_MAX) return undefined;
  const asked = fault instanceof MusterProblem ? fault.retryAfterMs : undefined;
  if (asked !== undefined && asked > CLIENT_LIMITS.RETRY_AFTER_MS_MAX) return undefined;
  return asked ?? CLIENT_LIMITS.RETRY_BACKOFF_MS * 2 ** (tries - 1);
}

const isTimeout = (reason: unknown): boolean => reason instanceof Error && reason.name === 'TimeoutError';

export function problemFrom(response: Response, text: string): MusterProblem {
  const document = parsedOrUndefined(text);
  const fields = typeof document === 'object' && document !== null ? (document as Partial<ProblemDocument>) : {};
  const fallback = { title: response.statusText || undefined, retryable: response.status === 503 };
  return new MusterProblem({ ...fallback, ...fields, status: response.status }, retryAfterOf(response));
}

function retryAfterOf(response: Response): number | undefined {
  const header = response.headers.get('retry-after');
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

// A proxy's page or somebody else's server on this port: saying so is worth more than a parser's complaint.
function parsed(response: Response, text: string): unknown {
  if (text === '') return undefined;
  const value = parsedOrUndefined(text);
  if (value !== undefined) return value;
  throw new MusterProblem({
    status: response.status,
    code: 'not_json',
    detail: `${response.url} answered something that is not JSON. Is this the address of a Muster?`,
  });
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function queryString(query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) search.append(name, String(one));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}
