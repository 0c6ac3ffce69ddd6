import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * How the tool behaves at one request. The effect is noted before the misbehaviour, so that the log is the truth:
 * ok answers · lostack has its effect and drops the connection · lost500 has its effect and answers 500 · lostbefore
 * drops the connection without an effect · hang never answers, without an effect · hangafter never answers, after the
 * effect · slow answers late · reject answers 422 · busy answers 503 · both without an effect.
 */
export type Behaviour = 'ok' | 'lostack' | 'lost500' | 'lostbefore' | 'hang' | 'hangafter' | 'slow' | 'reject' | 'busy';

const HAS_EFFECT: readonly Behaviour[] = ['ok', 'lostack', 'lost500', 'hangafter', 'slow'];
const SLOW_MS = 300;

export interface ToolRequest {
  readonly operationId: string;
  readonly tool: string;
  readonly behaviour: Behaviour;
  readonly effect: boolean;
  readonly body: string;
  readonly attempt: string;
}

/**
 * The world outside: a tool server that keeps an honest log and misbehaves by script. It knows nothing of the runtime.
 * With `dedupe` it refuses a second effect under one Idempotency-Key, as a tool of class keyed promises.
 */
export class ToolServer {
  readonly requests: ToolRequest[] = [];
  readonly probes: string[] = [];
  private readonly script: Behaviour[] = [];
  private usual: () => Behaviour = () => 'ok';
  private dedupe = false;
  private readonly waiting = new Set<ServerResponse>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async start(): Promise<ToolServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ToolServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The next requests behave so, in this order; after them as usual. */
  next(...behaviours: Behaviour[]): this {
    this.script.push(...behaviours);
    return this;
  }

  /** Every request that no script speaks of behaves so: one way, or drawn from several by a seed. */
  usually(behaviours: Behaviour | readonly Behaviour[], seed = 1): this {
    const choices = Array.isArray(behaviours) ? behaviours : [behaviours as Behaviour];
    const draw = seeded(seed);
    this.usual = () => choices[Math.floor(draw() * choices.length)] ?? 'ok';
    return this;
  }

  refusingDuplicates(): this {
    this.dedupe = true;
    return this;
  }

  /** What really happened: one entry for every physical effect. */
  effectsOf(operationId: string): ToolRequest[] {
    return this.requests.filter((request) => request.effect && request.operationId === plain(operationId));
  }

  get effects(): ToolRequest[] {
    return this.requests.filter((request) => request.effect);
  }

  /** Lets every hanging request go, its connection cut. */
  release(): void {
    for (const response of this.waiting) response.destroy();
    this.waiting.clear();
  }

  async stop(): Promise<void> {
    this.release();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, place = '', name = ''] = (request.url ?? '').split('/');
    if (place === 'ops') {
      this.answerProbe(name, response);
      return;
    }
    const body = await textOf(request);
    const operationId = plain(String(request.headers['idempotency-key'] ?? ''));
    const behaviour = this.script.shift() ?? this.usual();
    const repeated = this.dedupe && this.effectsOf(operationId).length > 0;
    const effect = HAS_EFFECT.includes(behaviour) && !repeated;
    this.requests.push({
      operationId,
      tool: name,
      behaviour,
      effect,
      body,
      attempt: String(request.headers['muster-attempt'] ?? ''),
    });
    this.answer(behaviour, operationId, response);
  }

  private answer(behaviour: Behaviour, operationId: string, response: ServerResponse): void {
    if (behaviour === 'ok') json(response, 200, resultOf(operationId));
    if (behaviour === 'slow') setTimeout(() => json(response, 200, resultOf(operationId)), SLOW_MS);
    if (behaviour === 'lost500') json(response, 500, { error: 'lost' });
    if (behaviour === 'reject') json(response, 422, { error: 'rejected' });
    if (behaviour === 'busy') json(response, 503, { error: 'busy' }, { 'retry-after': '0' });
    if (behaviour === 'hang' || behaviour === 'hangafter') this.waiting.add(response);
    if (behaviour === 'lostack' || behaviour === 'lostbefore') response.destroy();
  }

  private answerProbe(operationId: string, response: ServerResponse): void {
    this.probes.push(plain(operationId));
    const applied = this.effectsOf(operationId).length > 0;
    json(response, 200, applied ? { applied, result: resultOf(plain(operationId)) } : { applied });
  }
}

/** Shown and plain ids of one operation are the same operation. */
const plain = (id: string) => id.replace(/^op_/, '').replaceAll('-', '');
const resultOf = (operationId: string) => ({ id: `r-${operationId}`, status: 'done' });

function json(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
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
