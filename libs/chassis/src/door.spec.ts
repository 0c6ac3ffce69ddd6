import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeDoor, sayGoodbye } from './door';
import { Health } from './health';

let server: Server;
let url: string;
let health: Health;
beforeEach(async () => {
  health = new Health();
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => server.close());

/** A request that has come in and waits for its answer. */
async function aRequest(): Promise<{ answer: Promise<Response>; response: ServerResponse }> {
  const come = once(server, 'request');
  const answer = fetch(url);
  const [, response] = (await come) as [unknown, ServerResponse];
  return { answer, response };
}

describe('a door that closes', () => {
  it('is closed when everybody has the answer that they had asked for, and lets nobody else in', async () => {
    const { answer, response } = await aRequest();
    let closed = false;

    const closing = closeDoor(server).then(() => {
      closed = true;
    });
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    expect(closed).toBe(false);
    response.end('late, and whole');

    expect(await (await answer).text()).toBe('late, and whole');
    await closing;
  });

  it('waits for nobody who only keeps a connection for later', async () => {
    const { answer, response } = await aRequest();
    response.end('done');
    await (await answer).text();

    await closeDoor(server);

    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });
});

describe('an answer of a process that is told to end', () => {
  it('tells the client to ask somewhere else next time', async () => {
    const goodbye = sayGoodbye(health);
    server.on('request', (request, response) => goodbye(request, response, () => response.end()));

    const before = await fetch(url);
    health.drain();
    const after = await fetch(url);

    expect([before, after].map(({ headers }) => headers.get('connection'))).toEqual(['keep-alive', 'close']);
  });
});
