import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TASK, terminalStatesOf } from '@muster/domain';
import { gather, MusterClient, MusterProblem, MusterUnreachable, type TaskEvent, TERMINAL_TASK_STATES } from './index';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers one request after the other from a script; the last answer is repeated. */
class ScriptedServer {
  readonly requests: { method?: string; url?: string; headers: IncomingMessage['headers'] }[] = [];
  private script: Answer[] = [];
  private readonly server: Server = createServer((request, response) => {
    this.requests.push({ method: request.method, url: request.url, headers: request.headers });
    const answer = this.script.length > 1 ? this.script.shift()! : this.script[0]!;
    answer(request, response);
  });

  answering(...script: Answer[]): void {
    this.script = script;
  }

  async client(): Promise<MusterClient> {
    await new Promise<void>((ready) => this.server.listen(0, '127.0.0.1', ready));
    return new MusterClient({ url: `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`, key: 'secret' });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

const reset: Answer = (request) => request.socket.resetAndDestroy();

const event = (seq: number): TaskEvent => ({ seq, type: 'step.settled', at: '2026-01-01T00:00:00Z', hash: `h${seq}` });
const frame = (one: TaskEvent): string => `id: ${one.seq}\nevent: ${one.type}\ndata: ${JSON.stringify(one)}\n\n`;

const stream =
  (events: readonly TaskEvent[], end: 'close' | 'break'): Answer =>
  (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`: heartbeat\n\n${events.map(frame).join('')}`, () => {
      if (end === 'close') response.end();
      else request.socket.destroy();
    });
  };

const aTask = (state: string) => ({ id: 'tsk_1', state, revision: 3, conditions: [], counts: {}, createdAt: '' });

let server: ScriptedServer;
let client: MusterClient;
beforeEach(async () => {
  server = new ScriptedServer();
  client = await server.client();
});
afterEach(() => server.close());

describe('the states that the client calls ended', () => {
  it('are those that the lifecycle calls terminal', () => {
    expect([...TERMINAL_TASK_STATES]).toEqual(terminalStatesOf(TASK));
  });
});

describe('a submission whose answer was lost', () => {
  it('is sent again under the same key, so that there is one task', async () => {
    server.answering(reset, json(202, aTask('accepted')));

    const task = await client.tasks.submit({ goal: 'x' });

    const keys = server.requests.map((request) => request.headers['idempotency-key']);
    expect(task.id).toBe('tsk_1');
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });
});

describe('a decision whose answer was lost', () => {
  it('is not sent again: the caller decides', async () => {
    server.answering(reset, json(200, {}));

    const resolved = client.operations.resolve('op_1', { outcome: 'absent', evidence: { log: 'l1' }, reason: 'seen' });

    await expect(resolved).rejects.toBeInstanceOf(MusterUnreachable);
    expect(server.requests).toHaveLength(1);
  });
});

describe('a refused request', () => {
  it('throws the whole problem', async () => {
    const errors = [{ pointer: '/plan/steps/0/tool', code: 'tool_unknown', message: 'Did you mean tickets.open?' }];
    server.answering(json(422, { title: 'Refused', detail: 'One problem.', code: 'invalid', requestId: 'r1', errors }));

    const fault = await client.tasks.submit({ goal: 'x' }).catch((one: unknown) => one);

    expect(fault).toBeInstanceOf(MusterProblem);
    expect(fault).toMatchObject({ status: 422, code: 'invalid', requestId: 'r1', retryable: false, errors });
    expect(server.requests).toHaveLength(1);
  });

  it('is repeated where the problem says that it may succeed', async () => {
    server.answering(json(503, { code: 'busy', retryable: true }, { 'retry-after': '0' }), json(200, aTask('running')));

    await expect(client.tasks.get('tsk_1')).resolves.toMatchObject({ state: 'running' });
  });

  it('names a stranger on that port as what it is', async () => {
    server.answering((_request, response) => response.end('<html>'));

    await expect(client.tasks.get('tsk_1')).rejects.toMatchObject({ code: 'not_json' });
  });
});

describe('a list', () => {
  it('is asked for page by page, and every label is sent', async () => {
    server.answering(
      json(200, { items: [aTask('failed')], nextCursor: 'c&1' }),
      json(200, { items: [aTask('failed')] }),
    );

    const tasks = await gather(client.tasks.list({ state: 'failed', labels: { team: 'a', env: 'b' } }));

    expect(tasks).toHaveLength(2);
    expect(server.requests.map((request) => request.url)).toEqual([
      '/v1/tasks?state=failed&label=team%3Da&label=env%3Db',
      '/v1/tasks?state=failed&label=team%3Da&label=env%3Db&cursor=c%261',
    ]);
    expect(server.requests[0]!.headers.authorization).toBe('Bearer secret');
  });
});

describe('an event stream that breaks', () => {
  it('goes on behind the last event seen, each event once, until the task has ended', async () => {
    const [one, two, three] = [event(1), event(2), event(3)];
    server.answering(
      stream([one!, two!], 'break'),
      stream([two!, three!], 'close'),
      stream([], 'close'),
      json(200, aTask('completed')),
    );

    const seen = await gather(client.tasks.events('tsk_1'));

    expect(seen.map((each) => each.seq)).toEqual([1, 2, 3]);
    expect(server.requests.map((request) => request.headers['last-event-id'])).toEqual(['0', '2', '3', undefined]);
  });

  it('ends when the caller stops', async () => {
    const stop = new AbortController();
    server.answering((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame(event(1)));
    });

    const seen: number[] = [];
    for await (const one of client.tasks.events('tsk_1', { signal: stop.signal })) {
      seen.push(one.seq);
      stop.abort();
    }

    expect(seen).toEqual([1]);
  });

  it('throws at once what no second try can mend', async () => {
    server.answering(json(404, { code: 'not_found', detail: 'No such task.' }));

    await expect(gather(client.tasks.events('tsk_2'))).rejects.toMatchObject({ code: 'not_found' });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a wait', () => {
  it('asks again until the task has ended', async () => {
    server.answering(json(200, aTask('running')), json(200, aTask('completed')));

    const task = await client.tasks.wait('tsk_1', 10_000);

    expect(task.state).toBe('completed');
    expect(server.requests).toHaveLength(2);
  });
});
