import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './until';

/** A call that the model asks for; `arguments` as text stands for itself, well-formed or not. */
export interface SaidCall {
  readonly name: string;
  readonly arguments: string | object;
  readonly id?: string;
}

/**
 * How the server answers one request.
 *
 * Content, in a well-formed answer: `text` (prose), `json` (what the model was asked for), `fenced` (the same between
 * ```), `truncated` (JSON that stops half way, for want of tokens), `calls` (tools, known or not), `silence` (nothing).
 * Failures: `status` (any, with Retry-After in seconds), `hang` (never answers), `slow`, `held` (as long as the test wants), `cut` (half of the body, then
 * the connection is gone), `reset` (not even the head), `huge` (more than anybody wants), `html` (a page where JSON
 * belongs), `garbage` (200 and JSON of another protocol).
 */
export type ModelTurn =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'json' | 'fenced' | 'truncated'; readonly value: object }
  | { readonly kind: 'calls'; readonly calls: readonly SaidCall[]; readonly text?: string }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly body?: object }
  | { readonly kind: 'huge'; readonly bytes: number }
  | { readonly kind: 'slow'; readonly afterMs: number; readonly turn: ModelTurn }
  | { readonly kind: 'held'; readonly until: Promise<unknown>; readonly turn: ModelTurn }
  | { readonly kind: 'silence' }
  | { readonly kind: 'hang' | 'cut' | 'reset' | 'html' | 'garbage' };

/** One message of a request, in the words of the protocol. */
export interface ChatMessage {
  readonly role: string;
  readonly content: string | null;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly tool_call_id?: string;
}

export interface ChatRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: {
    readonly model: string;
    readonly messages: readonly ChatMessage[];
    readonly tools?: readonly { readonly function: { readonly name: string; readonly parameters: object } }[];
    readonly [member: string]: unknown;
  };
  /** When the caller closed the connection of a request that hangs; milliseconds of `performance.now()`. */
  letGoAt?: number;
}

type Mind = (request: ChatRequest['body'], nth: number) => ModelTurn;

/** Every answer reports this usage, so that tests can reckon. */
export const STUB_USAGE = { prompt_tokens: 1_000, completion_tokens: 200, total_tokens: 1_200 } as const;

/** A server with the OpenAI protocol's chat completions. It keeps an honest log and misbehaves by script. */
export class ModelServer {
  readonly requests: ChatRequest[] = [];
  private readonly script: ModelTurn[] = [];
  private mind: Mind = () => ({ kind: 'text', text: 'Nobody told me what to say.' });

  private constructor(private readonly server: Server) {
    // A caller that dies while it still sends has asked for nothing.
    server.on('request', (request, response) => void this.serve(request, response).catch(() => response.destroy()));
  }

  static async start(): Promise<ModelServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ModelServer(server);
  }

  /** The base URL for MODELS. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  /** The next requests are answered so, in this order; after them as usual. */
  next(...turns: ModelTurn[]): this {
    this.script.push(...turns);
    return this;
  }

  /** Every request that no script speaks of: `nth` counts all requests, from 1. */
  usually(mind: ModelTurn | Mind): this {
    this.mind = typeof mind === 'function' ? mind : () => mind;
    return this;
  }

  /** Resolves with the nth request as soon as it has come. */
  request(nth = 1): Promise<ChatRequest> {
    return until(() => this.requests[nth - 1], { what: `request ${nth} to the model` });
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest['body'];
    const entry: ChatRequest = { path: request.url ?? '', headers: request.headers, body };
    this.requests.push(entry);
    response.once('close', () => {
      if (!response.writableEnded) entry.letGoAt = performance.now();
    });
    await this.answer(this.script.shift() ?? this.mind(body, this.requests.length), entry, response);
  }

  private async answer(turn: ModelTurn, entry: ChatRequest, response: ServerResponse): Promise<void> {
    const { model } = entry.body;
    switch (turn.kind) {
      case 'slow':
        await pause(turn.afterMs);
        return this.answer(turn.turn, entry, response);
      case 'held':
        await turn.until;
        return this.answer(turn.turn, entry, response);
      case 'hang':
        return;
      case 'reset':
        return void response.destroy();
      case 'cut':
        return cut(JSON.stringify(completion(model, { content: 'You will never read this to its end.' })), response);
      case 'huge':
        return json(response, 200, completion(model, { content: 'x'.repeat(turn.bytes) }));
      case 'html':
        return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>');
      case 'garbage':
        return json(response, 200, { choices: [] });
      case 'status':
        return json(
          response,
          turn.status,
          turn.body ?? { error: { message: `Refused with ${turn.status}.` } },
          turn.retryAfter,
        );
      default:
        return json(response, 200, completion(model, ...contentOf(turn)));
    }
  }
}

type Content = Extract<ModelTurn, { kind: 'text' | 'json' | 'fenced' | 'truncated' | 'calls' | 'silence' }>;

function contentOf(turn: Content): [message: object, finishReason?: string] {
  switch (turn.kind) {
    case 'text':
      return [{ content: turn.text }];
    case 'json':
      return [{ content: JSON.stringify(turn.value) }];
    case 'fenced':
      return [
        { content: `Here you are:\n\n\`\`\`json\n${JSON.stringify(turn.value, null, 2)}\n\`\`\`\n\nAnything else?` },
      ];
    case 'truncated':
      return [{ content: JSON.stringify(turn.value).slice(0, -2) }, 'length'];
    case 'calls':
      return [{ content: turn.text ?? null, tool_calls: turn.calls.map(toolCall) }, 'tool_calls'];
    case 'silence':
      return [{ content: null }];
  }
}

const toolCall = ({ id, name, arguments: given }: SaidCall, i: number) => ({
  id: id ?? `call_${i + 1}`,
  type: 'function',
  function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) },
});

const completion = (model: string, message: object, finishReason = 'stop') => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: `${model}-as-served`,
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason }],
  usage: STUB_USAGE,
});

function json(response: ServerResponse, status: number, body: object, retryAfter?: string): void {
  if (response.destroyed) return;
  const asked = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  response.writeHead(status, { 'content-type': 'application/json', ...asked }).end(JSON.stringify(body));
}

/** Half of what the head promised, surely on its way before the connection goes. */
function cut(body: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.write(body.slice(0, body.length / 2), () => response.destroy());
}
