import { connectionFailureOf } from '@muster/domain';
import { type Dispatcher, errors, request } from 'undici';
import { MODEL_LIMITS } from '../limits';
import { type ModelFailure, type ModelTime, stoppedAfterSend, stoppedBeforeSend } from '../model-result';

/** Thrown through the SDK, which hands it on: the reason stands in the exchange. */
class ExchangeFailed extends Error {}

const KEPT_HEADERS = ['content-type', 'date', 'retry-after'] as const;

/**
 * The one HTTP request of one call, in the place of the SDK's `fetch`. Here the whole answer is read, with a bound, and
 * every failure is kept as a value: the SDK's own errors cannot tell a refused connection from one that was cut.
 */
export class Exchange {
  failure?: ModelFailure;
  /** A 2xx was read to its end; what goes wrong after that is the answer's content. */
  answered = false;

  constructor(
    private readonly connections: Dispatcher,
    private readonly time: ModelTime,
    private readonly key: string | undefined,
  ) {}

  readonly fetch: typeof globalThis.fetch = async (url, init) => {
    const body = await this.exchange(String(url), init ?? {});
    if (body === undefined) throw new ExchangeFailed();
    this.answered = true;
    return new Response(body, { status: 200, headers: { 'content-type': 'application/json' } });
  };

  private async exchange(url: string, init: RequestInit): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.time.signal.aborted) return this.fail(stoppedBeforeSend(this.time));
    try {
      const response = await request(url, {
        method: 'POST',
        headers: Object.fromEntries(new Headers(init.headers)),
        body: String(init.body),
        signal: this.time.signal,
        dispatcher: this.connections,
      });
      return await this.read(response);
    } catch (error) {
      return this.fail(this.failureOf(error as NodeJS.ErrnoException));
    }
  }

  private async read(response: Dispatcher.ResponseData): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const body = this.withoutKey(await bounded(response.body));
    if (body === undefined) {
      const message = `The answer is larger than ${MODEL_LIMITS.ANSWER_BYTES_MAX} bytes.`;
      return this.fail({ kind: 'no-answer', code: 'too-large', message });
    }
    if (response.statusCode >= 200 && response.statusCode <= 299) return new Uint8Array(body);
    return this.fail({
      kind: 'status',
      status: response.statusCode,
      headers: keptHeaders(response.headers),
      body,
    });
  }

  private fail(failure: ModelFailure): undefined {
    this.failure = failure;
    return undefined;
  }

  private failureOf(error: NodeJS.ErrnoException): ModelFailure {
    if (this.time.signal.aborted) return stoppedAfterSend(this.time);
    const message = error.message || String(error.code);
    const code = connectionFailureOf(error.code ?? '');
    if (code !== undefined) return { kind: 'not-sent', code, message };
    const unreadable =
      error instanceof errors.HTTPParserError || /^UND_ERR_(RES|HEADERS_OVERFLOW)/.test(error.code ?? '');
    return { kind: 'no-answer', code: unreadable ? 'body-unreadable' : 'reset', message };
  }

  /** A server that repeats the key in its answer would have it recorded. */
  private withoutKey(body: Buffer | undefined): Buffer | undefined {
    if (!body || !this.key || !body.includes(this.key)) return body;
    return Buffer.from(body.toString('utf8').replaceAll(this.key, '[key]'));
  }
}

/** Undefined where it is too large; the rest is not waited for. */
async function bounded(body: Dispatcher.ResponseData['body']): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MODEL_LIMITS.ANSWER_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}

function keptHeaders(headers: Dispatcher.ResponseData['headers']) {
  const kept = KEPT_HEADERS.map((name) => [name, [headers[name]].flat()[0]]).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept);
}
