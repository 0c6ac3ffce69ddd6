import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** From the answer to one call of a task to the answer to its next one. Milliseconds, by `performance.now()`. */
export interface Span {
  readonly from: number;
  readonly ms: number;
}

/**
 * The tools, in this process. Calls to `/steady/…` are answered after `answerMs`, and the spans between the answers of
 * each task are kept; calls to `/hung/…` are never answered.
 */
export class TimedTool {
  readonly spans: Span[] = [];
  /** When each task had its last answer. */
  private readonly answeredAt = new Map<string, number>();
  /** Calls to `/hung/…` that stand open. */
  hanging = 0;

  private constructor(
    private readonly server: Server,
    private readonly answerMs: number,
  ) {
    server.on('request', (request, response) => this.serve(request, response));
  }

  static async start(answerMs: number): Promise<TimedTool> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TimedTool(server, answerMs);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many tasks had an answer at `since` or later. */
  answeredSince(since: number): number {
    return [...this.answeredAt.values()].filter((at) => at >= since).length;
  }

  /** The next round has other tasks. */
  forget(): void {
    this.answeredAt.clear();
    this.spans.splice(0);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    request.resume();
    if (request.url?.startsWith('/hung/')) {
      this.hanging++;
      response.once('close', () => this.hanging--);
    } else setTimeout(() => this.answer(String(request.headers['muster-task']), response), this.answerMs);
  }

  private answer(task: string, response: ServerResponse): void {
    if (response.destroyed) return;
    const now = performance.now();
    const before = this.answeredAt.get(task);
    if (before !== undefined) this.spans.push({ from: before, ms: now - before });
    this.answeredAt.set(task, now);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"done":true}');
  }
}
