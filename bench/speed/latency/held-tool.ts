import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../../test/support/until';

/** A tool that never answers, and notes when its caller let go of it. Moments of `performance.now()`, by task. */
export class HeldTool {
  private readonly called = new Map<string, number>();
  private readonly letGo = new Map<string, number>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      const task = String(request.headers['muster-task']);
      this.called.set(task, performance.now());
      response.once('close', () => this.letGo.set(task, performance.now()));
      request.resume();
    });
  }

  static async start(): Promise<HeldTool> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new HeldTool(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  callOf(task: string): Promise<number> {
    return until(() => this.called.get(task), { what: `the call of ${task}`, pollMs: 1 });
  }

  endOf(task: string): Promise<number> {
    return until(() => this.letGo.get(task), { what: `the end of the call of ${task}`, pollMs: 1 });
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}
