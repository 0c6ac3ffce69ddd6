import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { holding, TcpProxy } from './tcp-proxy';
import { until } from './until';

let server: Server;
let heard: string;
let proxy: TcpProxy;
const clients: Client[] = [];

/** A client that notes what comes back. */
class Client {
  received = '';
  isOver = false;
  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes) => {
      this.received += String(bytes);
    });
    socket.on('close', () => {
      this.isOver = true;
    });
    socket.on('error', () => undefined);
  }

  static async open(): Promise<Client> {
    const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
    const client = new Client(socket);
    clients.push(client);
    await once(socket, 'connect');
    return client;
  }

  async ask(text: string): Promise<void> {
    const before = this.received.length;
    this.socket.write(text);
    await until(() => this.received.length > before, { what: `the answer to ${text}` });
  }
}

// Answers every word with itself in angle brackets.
beforeEach(async () => {
  heard = '';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      heard += String(bytes);
      socket.write(`<${String(bytes)}>`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await TcpProxy.before(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await proxy.shut();
  server.close();
});

describe('a proxy before a server', () => {
  it('passes everything on, both ways', async () => {
    const client = await Client.open();

    await client.ask('one');
    await client.ask('two');

    expect(client.received).toBe('<one><two>');
  });

  it('cuts one connection, the oldest, or all of them', async () => {
    const [first, second, third] = [await Client.open(), await Client.open(), await Client.open()];
    for (const client of [first, second, third]) await client?.ask('x');

    proxy.cutOne();
    await until(() => first?.isOver);
    expect([second?.isOver, third?.isOver]).toEqual([false, false]);

    proxy.cutAll();
    await until(() => second?.isOver && third?.isOver);
    await until(() => proxy.connections === 0);
  });

  it('is gone when it is shut, and back at the same place when it is opened', async () => {
    const { url } = proxy;
    const client = await Client.open();

    await proxy.shut();

    await until(() => client.isOver);
    await expect(Client.open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.open();
    expect(proxy.url).toBe(url);
    await (await Client.open()).ask('again');
  });

  it('leaves connections half open: nothing passes, nobody is told, new ones are whole', async () => {
    const old = await Client.open();
    await old.ask('before');

    proxy.freeze();
    old.socket.write('lost');
    const fresh = await Client.open();
    await fresh.ask('new');

    expect(heard).toBe('beforenew');
    expect([old.received, old.isOver]).toEqual(['<before>', false]);
  });

  it('delays what passes', async () => {
    const client = await Client.open();
    proxy.delay(60);
    const before = performance.now();

    await client.ask('slowly');

    expect(performance.now() - before).toBeGreaterThanOrEqual(118);
  });

  it('cuts a connection after so many bytes of its answers', async () => {
    proxy.cutAfter(4);
    const client = await Client.open();

    await client.ask('12345678');

    await until(() => client.isOver);
    expect(client.received).toBe('<123');
  });

  it('loses the answer to one request: the server has done it, and nobody hears of it', async () => {
    const client = await Client.open();
    const lost = proxy.loseAnswer(holding('commit'), (bytes) => bytes.includes('>'));
    await client.ask('begin');

    client.socket.write('commit');
    await lost;

    await until(() => client.isOver);
    expect(heard).toBe('begincommit');
    expect(client.received).toBe('<begin>');
    await (await Client.open()).ask('commit');
  });
});
