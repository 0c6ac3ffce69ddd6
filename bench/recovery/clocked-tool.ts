import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../test/support/until';

/** One request to the tool, at the moment its headers had come. */
export interface Arrival {
  /** Milliseconds of `performance.now()`. */
  readonly at: number;
  readonly task: string;
  readonly operationId: string;
}

const ARRIVAL_MS_MAX = 90_000;

/**
 * A tool that notes when it is called. Calls to `/held/…` get no answer until they are let go; the first of every
 * operation alone, so that a later sending of it is answered at once. Calls to `/steady/…` are answered after a moment.
 */
export class ClockedTool {
  readonly arrivals: Arrival[] = [];
  private readonly held = new Map<string, ServerResponse>();

  private constructor(
    private readonly server: Server,
    private readonly steadyMs: number,
  ) {
    server.on('request', (request, response) => this.serve(request, response));
  }

  static async start({ steadyMs = 50 } = {}): Promise<ClockedTool> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ClockedTool(server, steadyMs);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The first arrival that fits, as soon as it has come. */
  arrival(what: string, fits: (arrival: Arrival) => boolean): Promise<Arrival> {
    return until(() => this.arrivals.find(fits), { what, deadlineMs: ARRIVAL_MS_MAX });
  }

  /** The nth sending to a task with one operation. */
  sending(task: string, nth: number): Promise<Arrival> {
    const ofTask = (): Arrival | undefined => this.arrivals.filter((arrival) => arrival.task === task)[nth - 1];
    return until(ofTask, { what: `sending ${nth} of ${task}`, deadlineMs: ARRIVAL_MS_MAX });
  }

  /** Answers what is held of this task. */
  letGo(task: string): void {
    for (const arrival of this.arrivals) {
      const response = arrival.task === task ? this.held.get(arrival.operationId) : undefined;
      if (response) answer(response);
      if (response) this.held.delete(arrival.operationId);
    }
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const arrival = {
      at: performance.now(),
      task: String(request.headers['muster-task']),
      operationId: String(request.headers['idempotency-key']),
    };
    const isFirst = !this.arrivals.some(({ operationId }) => operationId === arrival.operationId);
    this.arrivals.push(arrival);
    request.resume();
    if (!request.url?.startsWith('/held/')) setTimeout(() => answer(response), this.steadyMs);
    else if (isFirst) this.held.set(arrival.operationId, response);
    else answer(response);
  }
}

function answer(response: ServerResponse): void {
  if (response.destroyed) return;
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"done":true}');
}
