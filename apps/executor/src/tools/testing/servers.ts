import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net';

/** A server on a free port of loopback; `close` ends its connections too. */
export interface TestServer {
  readonly url: string;
  /** Connections accepted so far, the closed ones included. */
  readonly connections: Socket[];
  close(): Promise<void>;
}

export const anHttpServer = (listener: RequestListener): Promise<TestServer> => listening(createServer(listener));

/** For answers that no HTTP server would give. */
export const aSocketServer = (onConnection: (socket: Socket) => void): Promise<TestServer> =>
  listening(createSocketServer(onConnection));

function listening(server: Server): Promise<TestServer> {
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    connections.push(socket);
    // Tests cut connections on purpose; the error of the other end is the point of them.
    socket.on('error', () => undefined);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of connections) socket.destroy();
    });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections, close });
    });
  });
}
