import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const ANSWER_AFTER_MS = 5;

/** A tool that answers soon and remembers nothing but how often it was called, so that it costs the same for ever. */
export class SoakTool {
  calls = 0;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      this.calls++;
      request.resume();
      const answer = '{"status":"done"}';
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(answer), ANSWER_AFTER_MS);
    });
  }

  static async start(): Promise<SoakTool> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SoakTool(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}
