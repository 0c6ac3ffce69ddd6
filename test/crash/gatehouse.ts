import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../support/until';

const REACHED_MS_MAX = 60_000;
/** A call that comes here is never answered. */
const HELD = '/held';

/**
 * A tool that answers a task's call when it is told to. A cell's first step waits here, until the fault is armed for the
 * ids that its task turned out to have.
 */
export class Gatehouse {
  private readonly opened = new Set<string>();
  private readonly waiting = new Map<string, ServerResponse[]>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      request.resume();
      if (request.url === HELD) return;
      this.receive(String(request.headers['muster-task']), response);
    });
  }

  static async start(): Promise<Gatehouse> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Gatehouse(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get heldUrl(): string {
    return this.url + HELD;
  }

  /** Resolves when the task's call waits. */
  async reachedBy(task: string): Promise<void> {
    await until(() => this.waiting.has(task), {
      what: `the call of ${task} waiting at the gate`,
      deadlineMs: REACHED_MS_MAX,
      pollMs: 20,
    });
  }

  /** Answers the task's call, and every later one at once. */
  open(task: string): void {
    this.opened.add(task);
    for (const response of this.waiting.get(task) ?? []) answer(response);
    this.waiting.delete(task);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private receive(task: string, response: ServerResponse): void {
    if (this.opened.has(task)) return answer(response);
    this.waiting.set(task, [...(this.waiting.get(task) ?? []), response]);
  }
}

function answer(response: ServerResponse): void {
  if (!response.destroyed) response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"open"}');
}
