import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Reply = (response: ServerResponse, asked: number) => void;

/** A tool's system of record that answers probes as a test wants it to, lies and silence included. */
export class ProbeServer {
  readonly asked: string[] = [];
  reply: Reply = says(404, {});

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ProbeServer> {
    const server = createServer();
    const probes = new ProbeServer(server);
    server.on('request', (request, response) => {
      probes.asked.push(String(request.url));
      probes.reply(response, probes.asked.length);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return probes;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/ops/{operationId}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export const says =
  (status: number, body: unknown): Reply =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
export const happened = (result: unknown): Reply => says(200, { applied: true, result });
export const absent: Reply = says(404, {});
export const hangsUp: Reply = (response) => void response.destroy();
