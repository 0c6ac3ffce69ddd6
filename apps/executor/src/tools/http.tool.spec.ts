import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { classify, type ToolAnswer } from '@muster/ledger';
import { Egress } from '@muster/resilience';
import { HttpTool } from './http.tool';
import { TOOL_LIMITS } from './limits';
import { aCall } from './testing/calls';
import { anHttpServer, aSocketServer, type TestServer } from './testing/servers';
import type { ToolCall } from './tool';

let tool: HttpTool;
const servers: TestServer[] = [];

beforeEach(() => {
  tool = new HttpTool(new Egress(['127.0.0.0/8', '*.invalid']));
});
afterEach(async () => {
  await tool.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serving(listener: RequestListener): Promise<TestServer> {
  servers.push(await anHttpServer(listener));
  return servers.at(-1)!;
}
async function speaking(onConnection: (socket: Socket) => void): Promise<TestServer> {
  servers.push(await aSocketServer(onConnection));
  return servers.at(-1)!;
}
type Over = Parameters<typeof aCall>[1];
const post = (url: string, over?: Over): ToolCall => aCall({ type: 'http', method: 'POST', url }, over);
const stateOf = (call: ToolCall, answer: ToolAnswer) => classify(call.contract, answer).state;

describe('a call that is answered', () => {
  it('sends the exact bytes and says whose they are, whatever the contract’s headers claim', async () => {
    const { url } = await serving(async (request, response) => {
      const body = Buffer.concat(await request.toArray());
      response.end(JSON.stringify({ method: request.method, headers: request.headers, body: body.toString() }));
    });
    const headers = { 'X-Own': 'kept', 'Idempotency-Key': 'forged', 'Content-Length': '1', Connection: 'close' };
    const call = {
      ...aCall({ type: 'http', method: 'POST', url, headers }, { attempt: 3 }),
      request: Buffer.from('{"b":1, "a":2}'),
    };

    const answer = await tool.call(call);

    if (answer.kind !== 'answered') throw new Error(answer.kind);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      method: 'POST',
      body: '{"b":1, "a":2}',
      headers: {
        'content-type': 'application/json',
        'content-length': '14',
        'idempotency-key': call.operationId,
        'muster-task': call.taskId,
        'muster-step': call.stepId,
        'muster-attempt': '3',
        'muster-deadline': call.deadline.toISOString(),
        traceparent: call.traceparent,
        'x-own': 'kept',
        connection: 'keep-alive',
      },
    });
  });

  it('asks a GET with the input as its query', async () => {
    const { url } = await serving((request, response) => response.end(JSON.stringify({ url: request.url })));
    const call = aCall(
      { type: 'http', method: 'GET', url: `${url}/find?v=1` },
      { input: { name: 'a b&c', tag: ['x', 2], none: null } },
    );

    const answer = await tool.call(call);

    expect(classify(call.contract, answer).output).toEqual({ url: '/find?v=1&name=a+b%26c&tag=x&tag=2' });
  });

  it('brings back 10 MB whole', async () => {
    const body = Buffer.from(JSON.stringify({ text: 'x'.repeat(10 * 1024 * 1024) }));
    const { url } = await serving((_request, response) => response.end(body));

    const answer = await tool.call(post(url));

    expect(answer.kind === 'answered' && answer.body.equals(body)).toBe(true);
  });

  it('keeps connections for the calls that follow', async () => {
    const server = await serving((_request, response) => response.end('{}'));

    for (let calls = 0; calls < 10; calls++) await tool.call(post(server.url));

    // Two, for the next call begins a moment before undici counts the connection of the last one as free.
    expect(server.connections.length).toBeLessThanOrEqual(2);
  });

  it('never uses a kept connection for an opaque tool: a stale one would leave it unknown, and a person would be asked', async () => {
    const server = await serving((_request, response) => response.end('{}'));

    await tool.call(post(server.url, { contract: { effect: 'opaque' } }));
    await tool.call(post(server.url, { contract: { effect: 'opaque' } }));

    expect(server.connections).toHaveLength(2);
  });

  it('follows no redirect: whatever it leads to was not recorded as sent', async () => {
    let requests = 0;
    const { url } = await serving((_request, response) => {
      requests++;
      response.writeHead(307, { location: '/elsewhere' }).end();
    });

    const answer = await tool.call(post(url));

    expect(answer).toMatchObject({ kind: 'answered', status: 307 });
    expect(requests).toBe(1);
  });

  it('reports Retry-After and drops headers that may carry secrets', async () => {
    const { url } = await serving((_request, response) =>
      response.writeHead(429, { 'retry-after': '3', 'set-cookie': 'secret' }).end(),
    );

    const answer = await tool.call(post(url));

    expect(answer).toMatchObject({ kind: 'answered', status: 429, headers: { 'retry-after': '3' } });
    expect(answer).not.toHaveProperty('headers.set-cookie');
  });

  it('waits past 1xx answers for the real one', async () => {
    const { url } = await speaking((socket) => {
      socket.once('data', () =>
        socket.end('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'),
      );
    });

    expect(await tool.call(post(url))).toMatchObject({ kind: 'answered', status: 200, body: Buffer.from('{}') });
  });
});

describe('a call of which no byte left', () => {
  it.each<[string, string, () => Promise<string>]>([
    [
      'a refused connection',
      'connection_refused',
      async () => {
        const server = await aSocketServer(() => undefined);
        await server.close();
        return server.url;
      },
    ],
    ['a name that does not resolve', 'dns_failure', async () => 'http://nobody.invalid/'],
    [
      'a server that speaks no TLS',
      'tls_failure',
      async () => (await serving(() => undefined)).url.replace('http:', 'https:'),
    ],
    [
      'a TLS handshake that is cut',
      'tls_failure',
      async () => {
        const server = await speaking((socket) => socket.once('data', () => socket.resetAndDestroy()));
        return server.url.replace('http:', 'https:');
      },
    ],
  ])('%s is not sent: %s', async (_what, code, url) => {
    const call = post(await url());

    const answer = await tool.call(call);

    expect(answer).toMatchObject({ kind: 'not-sent', code });
    expect(stateOf(call, answer)).toBe('absent');
  });

  it('is not sent when it was aborted before, and nobody is called', async () => {
    const server = await serving((_request, response) => response.end('{}'));

    const answer = await tool.call(post(server.url, { signal: AbortSignal.abort() }));

    expect(answer).toMatchObject({ kind: 'not-sent', code: 'aborted_before_send' });
    expect(server.connections).toHaveLength(0);
  });

  it.each(['keyed', 'opaque'] as const)(
    'is not sent when its claim grew too old while the connection was made: %s',
    async (effect) => {
      let requests = 0;
      const { url } = await serving((_, response) => {
        requests++;
        response.end('{}');
      });
      const call = post(url, { contract: { effect }, mayLeave: () => false });

      const answer = await tool.call(call);

      expect(answer).toMatchObject({ kind: 'not-sent', code: 'lease_stale' });
      expect(stateOf(call, answer)).toBe('absent');
      expect(await tool.call(post(url))).toMatchObject({ kind: 'answered' });
      expect(requests).toBe(1);
    },
  );

  it('is not sent when it is aborted during the TLS handshake, and stays so', async () => {
    const cancel = new AbortController();
    const received: Buffer[] = [];
    const server = await speaking((socket) => {
      socket.on('data', (bytes) => received.push(bytes));
      socket.once('data', () => cancel.abort());
    });

    const answer = await tool.call(post(server.url.replace('http:', 'https:'), { signal: cancel.signal }));

    expect(answer).toMatchObject({ kind: 'not-sent', code: 'aborted_before_send' });
    expect(Buffer.concat(received).toString('latin1')).not.toContain('POST');
  });

  it.each<[string, string, string]>([
    ['a private address', 'http://10.0.0.1/', 'egress_denied'],
    ['the metadata of a cloud', 'http://169.254.169.254/latest/meta-data', 'egress_denied'],
    ['loopback in IPv6 clothing', 'http://[::ffff:10.0.0.1]/', 'egress_denied'],
    ['loopback as one number', 'http://167772161/', 'egress_denied'],
    ['another protocol', 'file:///etc/passwd', 'url_invalid'],
    ['no URL', 'tools.test/x', 'url_invalid'],
  ])('%s is rejected for good', async (_what, url, code) => {
    const call = post(url);

    const answer = await tool.call(call);

    expect(answer).toMatchObject({ kind: 'rejected', code });
    expect(stateOf(call, answer)).toBe('failed');
  });

  it('is rejected when a GET’s input has no place in a query, or a header cannot be written', async () => {
    const nested = aCall({ type: 'http', method: 'GET', url: 'http://127.0.0.1:1/' }, { input: { a: { b: 1 } } });
    const header = aCall({
      type: 'http',
      method: 'POST',
      url: 'http://127.0.0.1:1/',
      headers: { 'x-own': 'a\r\nb: c' },
    });

    expect(await tool.call(nested)).toMatchObject({ kind: 'rejected', code: 'input_not_scalar' });
    expect(await tool.call(header)).toMatchObject({ kind: 'rejected', code: 'request_invalid' });
  });
});

describe('a call whose bytes may have left', () => {
  it.each<[string, string, (socket: Socket) => void]>([
    ['reset before any answer', 'reset', (socket) => socket.resetAndDestroy()],
    ['closed before any answer', 'reset', (socket) => socket.end()],
    ['cut in the headers', 'reset', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    [
      'cut in a body of known length',
      'reset',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"id":'),
    ],
    [
      'reset in a chunked body',
      'reset',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"id"\r\n', () =>
          socket.resetAndDestroy(),
        );
      },
    ],
    ['answered by something that is no HTTP', 'body-unreadable', (socket) => socket.end('hello\r\n\r\n')],
  ])('%s is unknown: %s', async (_what, code, misbehave) => {
    const { url } = await speaking((socket) => socket.once('data', () => misbehave(socket)));
    const call = post(url);

    const answer = await tool.call(call);

    expect(answer).toMatchObject({ kind: 'no-answer', code });
    expect(stateOf(call, answer)).toBe('unknown');
  });

  it('is unknown where a complete body is truncated JSON', async () => {
    const { url } = await serving((_request, response) => response.end('{"id": 1, "na'));
    const call = post(url);

    expect(classify(call.contract, await tool.call(call))).toMatchObject({ state: 'unknown', code: 'body_unreadable' });
  });

  it('is unknown, not "not sent", when a kept connection turns out to be dead', async () => {
    const { url } = await speaking((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
        socket.once('data', () => socket.resetAndDestroy());
      });
    });
    await tool.call(post(url));
    await setImmediate();

    expect(await tool.call(post(url))).toMatchObject({ kind: 'no-answer', code: 'reset' });
  });

  it('is unknown when the body is larger than may be kept, and the connection is cut', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 0x20);
    const server = await serving((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(megabyte));
        response.once('drain', more);
      };
      more();
    });

    const answer = await tool.call(post(server.url));

    expect(answer).toMatchObject({ kind: 'no-answer', code: 'too-large' });
    expect(server.connections[0]?.bytesWritten).toBeLessThan(2 * TOOL_LIMITS.RESPONSE_BYTES_MAX);
  }, 20_000);
});

describe('a tool that hangs', () => {
  let sockets: Socket[];
  const note = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  beforeEach(() => {
    sockets = [];
    subscribe('undici:client:sendHeaders', note);
  });
  afterEach(() => unsubscribe('undici:client:sendHeaders', note));

  it.each<[string, RequestListener]>([
    ['before its headers', () => undefined],
    ['in its body', (_request, response) => response.writeHead(200).write('{"a":')],
  ])('%s: a cancel closes the connection at once, and the call settles only then', async (_where, listener) => {
    const cancel = new AbortController();
    let cancelledAt = 0;
    let closed: Promise<unknown> = Promise.resolve();
    const { url } = await serving((request: IncomingMessage, response) => {
      closed = once(request.socket, 'close');
      listener(request, response);
      cancelledAt = performance.now();
      cancel.abort('withdrawn');
    });

    const answer = await tool.call(post(url, { signal: cancel.signal }));

    expect(answer).toMatchObject({ kind: 'no-answer', code: 'aborted' });
    expect(sockets.map((socket) => socket.closed)).toEqual([true]);
    await closed;
    expect(performance.now() - cancelledAt).toBeLessThan(5_000);
  });

  it.each<[string, RequestListener]>([
    ['before its headers', () => undefined],
    [
      'byte by byte in its body',
      (_request, response) => {
        const drip = setInterval(() => response.write(' '), 5);
        response.once('close', () => clearInterval(drip));
      },
    ],
  ])('%s: ends as a timeout when the time is up, with its connection closed', async (_where, listener) => {
    const { url } = await serving(listener);
    const call = post(url, { timeoutMs: 60 });

    const answer = await tool.call(call);

    expect(answer).toMatchObject({ kind: 'no-answer', code: 'timeout' });
    expect(sockets.map((socket) => socket.closed)).toEqual([true]);
    expect(stateOf(call, answer)).toBe('unknown');
  });

  it('holds up no other call to the same host', async () => {
    const cancel = new AbortController();
    const { url } = await serving((request, response) => {
      if (request.url !== '/hang') response.end('{}');
    });
    const hanging = tool.call(post(`${url}/hang`, { signal: cancel.signal }));

    const others = await Promise.all(Array.from({ length: 20 }, () => tool.call(post(url))));

    expect(others.every((answer) => answer.kind === 'answered')).toBe(true);
    cancel.abort();
    await hanging;
  });
});
