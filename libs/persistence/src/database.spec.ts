import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { Database } from './database';
import { DatabaseUnavailable } from './database-faults';

const message = (type: string, body: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const AUTHENTICATED = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const ENDED = message(
  'E',
  Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'),
);

describe('a connection that its server ends in the very moment in which it is there', () => {
  let server: Server;
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it('is a database that is not available, and no end of the process', async () => {
    server = createServer((socket) =>
      socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, ENDED]))),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const database = new Database({ url: `postgres://a:b@127.0.0.1:${port}/c`, name: 'test' });

    await expect(database.ping()).rejects.toThrow(DatabaseUnavailable);

    await database.close();
  });
});
