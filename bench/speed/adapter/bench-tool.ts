import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ToolContract } from '@muster/domain';
import { aTool } from '../../../test/support/builders';

/** What the driver's own tool is called with: the peers call the same function in their own process. */
export interface StepInput {
  readonly id?: string;
  readonly n: number;
  /** How long the step works after its effect. */
  readonly ms?: number;
  /** Where its effect is noted. */
  readonly file?: string;
}

export interface Harness {
  /** About 200 bytes of JSON, at once. */
  tool(n: number): Promise<object>;
  /** A line in `file`, then `ms` of work. */
  effectTool(file: string | undefined, id: string, n: number, ms: number): Promise<object>;
}

/** No connection that the executor keeps is closed under its hands. */
const KEEP_ALIVE_MS = 600_000;
/** As many calls as any workload makes at a time, and a deadline far beyond every one: it is the machine that is measured. */
export const BENCH_LIMITS = { maxConcurrency: 4_096, timeoutMs: 60_000 } as const;

/** The driver's tool behind HTTP, as a user's own function would be. It honours Idempotency-Key, as its class says. */
export class BenchTool {
  /** Answers of effects, by their key. */
  private readonly effects = new Map<string, Promise<object>>();

  private constructor(
    private readonly server: Server,
    private readonly harness: Harness,
  ) {
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async start(harness: Harness): Promise<BenchTool> {
    const server = createServer();
    await new Promise<void>((resolve) =>
      server.listen({ port: 0, host: '127.0.0.1', backlog: BENCH_LIMITS.maxConcurrency }, resolve),
    );
    return new BenchTool(server, harness);
  }

  /** `keyed`, the class of a call that must not take effect twice. */
  contract(name: string): ToolContract {
    const { port } = this.server.address() as AddressInfo;
    return aTool(name, 'keyed', `http://127.0.0.1:${port}`, BENCH_LIMITS);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const input = JSON.parse(await textOf(request)) as StepInput;
    const answer = await this.answer(String(request.headers['idempotency-key']), input);
    // A caller that was killed hears nothing; its effect stands.
    if (response.destroyed) return;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  private answer(key: string, { id = '', n, ms = 0, file }: StepInput): Promise<object> {
    if (!file) return ms > 0 ? this.harness.effectTool(undefined, id, n, ms) : this.harness.tool(n);
    const before = this.effects.get(key);
    if (before) return before;
    const effect = this.harness.effectTool(file, id, n, ms);
    this.effects.set(key, effect);
    return effect;
  }
}

function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => request.once('end', () => resolve(Buffer.concat(chunks).toString())));
}
