import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './until';

/**
 * How the tool behaves at one request. The effect is noted before the misbehaviour, so that the log is the truth:
 * ok answers · lostack has its effect and drops the connection · lost500 has its effect and answers 500 · lostbefore
 * drops the connection without an effect · hang never answers, without an effect · hangafter never answers, after the
 * effect · slow answers late · reject answers 422 · busy answers 503 · both without an effect · echo answers with what
 * it was sent.
 */
export type Behaviour =
  | 'ok'
  | 'echo'
  | 'lostack'
  | 'lost500'
  | 'lostbefore'
  | 'hang'
  | 'hangafter'
  | 'slow'
  | 'reject'
  | 'busy';

const HAS_EFFECT: readonly Behaviour[] = ['ok', 'echo', 'lostack', 'lost500', 'hangafter', 'slow'];
const SLOW_MS = 300;

export interface ToolRequest {
  readonly operationId: string;
  readonly tool: string;
  readonly behaviour: Behaviour;
  readonly effect: boolean;
  readonly body: string;
  readonly attempt: string;
  /** When the caller closed the connection of a call that hangs; milliseconds of `performance.now()`. */
  letGoAt?: number;
}

type Habit = (operationId: string) => Behaviour;

/**
 * The world outside: a tool server that keeps an honest log and misbehaves by script. It knows nothing of the runtime,
 * and refuses a second effect under one Idempotency-Key, as a tool of class keyed promises; `careless` ones do not.
 */
export class ToolServer {
  readonly requests: ToolRequest[] = [];
  readonly probes: string[] = [];
  private readonly open = new Map<string, number>();
  private readonly peaks = new Map<string, number>();
  private readonly scripts = new Map<string, Behaviour[]>();
  private readonly habits = new Map<string, Habit>();
  private readonly careless = new Set<string>();
  private readonly waiting = new Map<ServerResponse, ToolRequest>();

  private constructor(private readonly server: Server) {
    // A caller that dies while it still sends has asked for nothing.
    server.on('request', (request, response) => void this.serve(request, response).catch(() => response.destroy()));
  }

  static async start(): Promise<ToolServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ToolServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The next requests to this tool behave so, in this order; after them as usual. */
  next(tool: string, ...behaviours: Behaviour[]): this {
    this.scripts.set(tool, [...(this.scripts.get(tool) ?? []), ...behaviours]);
    return this;
  }

  /**
   * Every request to this tool that no script speaks of behaves so. Of several ways each operation gets a first one
   * drawn by a seed, and the next one at each further request: no operation is unlucky for ever.
   */
  usually(tool: string, behaviours: Behaviour | readonly Behaviour[], seed = 1): this {
    const choices: readonly Behaviour[] = typeof behaviours === 'string' ? [behaviours] : behaviours;
    const draw = seeded(seed);
    const turns = new Map<string, number>();
    this.habits.set(tool, (operationId) => {
      const turn = turns.get(operationId) ?? Math.floor(draw() * choices.length);
      turns.set(operationId, turn + 1);
      return choices[turn % choices.length] ?? 'ok';
    });
    return this;
  }

  /** This tool has its effect as often as it is called: only who calls it can keep it from happening twice. */
  withoutMemory(tool: string): this {
    this.careless.add(tool);
    return this;
  }

  /** Every request to a tool, in their order. */
  requestsTo(tool: string): ToolRequest[] {
    return this.requests.filter((request) => request.tool === tool);
  }

  /** What really happened: one entry for every physical effect. */
  effectsOf(tool: string): ToolRequest[] {
    return this.requestsTo(tool).filter(({ effect }) => effect);
  }

  /** The most calls of a tool that were open at the same time. */
  peakOf(tool: string): number {
    return this.peaks.get(tool) ?? 0;
  }

  /** Resolves with the nth request to a tool, as soon as it has come. */
  async request(tool: string, nth = 1): Promise<ToolRequest> {
    return until(() => this.requestsTo(tool)[nth - 1], { what: `request ${nth} to ${tool}` });
  }

  /** Answers every hanging request as if it had only been slow. */
  answerAll(): void {
    for (const [response, { operationId }] of this.waiting) json(response, 200, resultOf(operationId));
    this.waiting.clear();
  }

  /** Answers every hanging request to one tool with this object. */
  answerWith(tool: string, body: object): void {
    const waiting = [...this.waiting].filter(([, request]) => request.tool === tool);
    const text = JSON.stringify(body);
    for (const [response] of waiting) response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    for (const [response] of waiting) this.waiting.delete(response);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, place = '', name = ''] = (request.url ?? '').split('/');
    if (place === 'ops') return this.answerProbe(plain(name), response);
    const body = await textOf(request);
    const operationId = plain(String(request.headers['idempotency-key'] ?? ''));
    const behaviour = this.scripts.get(name)?.shift() ?? this.habits.get(name)?.(operationId) ?? 'ok';
    const repeated = !this.careless.has(name) && this.hasHappened(operationId);
    const effect = HAS_EFFECT.includes(behaviour) && !repeated;
    const attempt = String(request.headers['muster-attempt'] ?? '');
    const entry: ToolRequest = { operationId, tool: name, behaviour, effect, body, attempt };
    this.requests.push(entry);
    this.count(name, response);
    this.answer(entry, response);
  }

  private count(tool: string, response: ServerResponse): void {
    const open = (this.open.get(tool) ?? 0) + 1;
    this.open.set(tool, open);
    this.peaks.set(tool, Math.max(open, this.peakOf(tool)));
    response.once('close', () => this.open.set(tool, (this.open.get(tool) ?? 1) - 1));
  }

  private answer(request: ToolRequest, response: ServerResponse): void {
    const { behaviour, operationId, body } = request;
    if (behaviour === 'ok') json(response, 200, resultOf(operationId));
    if (behaviour === 'echo') json(response, 200, JSON.parse(body) as object);
    if (behaviour === 'slow') setTimeout(() => json(response, 200, resultOf(operationId)), SLOW_MS);
    if (behaviour === 'lost500') json(response, 500, { error: 'lost' });
    if (behaviour === 'reject') json(response, 422, { error: 'rejected' });
    if (behaviour === 'busy') json(response, 503, { error: 'busy' }, { 'retry-after': '0' });
    if (behaviour === 'hang' || behaviour === 'hangafter') this.keepWaiting(request, response);
    if (behaviour === 'lostack' || behaviour === 'lostbefore') response.destroy();
  }

  private keepWaiting(request: ToolRequest, response: ServerResponse): void {
    this.waiting.set(response, request);
    response.once('close', () => {
      request.letGoAt = performance.now();
      this.waiting.delete(response);
    });
  }

  private answerProbe(operationId: string, response: ServerResponse): void {
    this.probes.push(operationId);
    const applied = this.hasHappened(operationId);
    json(response, 200, applied ? { applied, result: resultOf(operationId) } : { applied });
  }

  private hasHappened(operationId: string): boolean {
    return this.requests.some((request) => request.effect && request.operationId === operationId);
  }
}

/** Shown and plain ids of one operation are the same operation. */
const plain = (id: string) => id.replace(/^op_/, '').replaceAll('-', '');
const resultOf = (operationId: string) => ({ id: `r-${operationId}`, status: 'done' });

function json(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
