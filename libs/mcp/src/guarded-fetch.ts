import { AsyncLocalStorage } from 'node:async_hooks';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { connectWithin, type Egress } from '@muster/resilience';
import { Agent, type RequestInit, fetch as undiciFetch } from 'undici';
import { MCP_LIMITS } from './limits';

/** The call that is being sent: the SDK's transport posts it, and knows neither its deadline nor its end. */
export interface PostUnderWay {
  readonly signal: AbortSignal;
  /** Its stream has ended, however that came about. */
  over(): void;
}
export const postUnderWay = new AsyncLocalStorage<PostUnderWay>();

export class MessageTooLarge extends Error {}

export interface GuardedFetch {
  readonly fetch: FetchLike;
  close(): Promise<void>;
}

/** As JSON.stringify writes what the SDK posts: a call, and not the notification that cancels it. */
const CALL = '{"method":"tools/call"';

/**
 * A fetch that goes only where egress allows it, ends a call's connection with the call, and reads no more than may be
 * kept. Each request has a connection of its own: one that was kept may be dead without anybody knowing, and the unknown
 * outcome of an opaque call would cost a person's time.
 */
export function guardedFetch(egress: Egress): GuardedFetch {
  const connect = connectWithin(egress, MCP_LIMITS.CONNECT_TIMEOUT_MS);
  const agent = new Agent({ allowH2: false, pipelining: 0, headersTimeout: 0, bodyTimeout: 0, connect });
  const guarded: FetchLike = async (url, init) => {
    const post = typeof init?.body === 'string' && init.body.startsWith(CALL) ? postUnderWay.getStore() : undefined;
    const signals = [init?.signal, post?.signal].filter((signal) => signal != null);
    const options = { ...init, dispatcher: agent, signal: AbortSignal.any(signals) } as RequestInit;
    const response = (await undiciFetch(url, options)) as unknown as Response;
    return post && response.ok && response.body ? watched(response, response.body, post) : response;
  };
  return { fetch: guarded, close: () => agent.destroy() };
}

function watched(response: Response, body: ReadableStream<Uint8Array>, post: PostUnderWay): Response {
  const isStream = /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '');
  const bounded = ReadableStream.from(boundedChunks(body, isStream ? () => post.over() : () => undefined));
  return new Response(bounded as unknown as ConstructorParameters<typeof Response>[0], {
    status: response.status,
    headers: [...response.headers.entries()],
  });
}

async function* boundedChunks(body: ReadableStream<Uint8Array>, over: () => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > MCP_LIMITS.MESSAGE_BYTES_MAX) throw new MessageTooLarge('The answer is larger than may be kept.');
      yield chunk;
    }
  } finally {
    over();
  }
}
