import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMANDS, run } from './program';
import { PLAIN } from './render/paint';

interface Received {
  readonly method?: string;
  readonly url?: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

const received: Received[] = [];
let answers: Record<string, [status: number, body: unknown]> = {};
let server: Server;
let folder: string;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    received.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: text ? JSON.parse(text) : undefined,
    });
    const path = new URL(request.url!, 'http://x').pathname;
    const [status, body] = answers[`${request.method} ${path}`] ?? [
      404,
      { code: 'not_found', detail: 'Nothing here.' },
    ];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
});
afterAll(() => new Promise((closed) => server.close(closed)));
beforeEach(() => {
  received.length = 0;
  answers = {};
  folder = mkdtempSync(join(tmpdir(), 'muster-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function muster(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const into = (lines: string[]) => (more: string | readonly string[]) =>
    void lines.push(...(typeof more === 'string' ? [more] : more));
  const exitCode = await run(argv, {
    env: {
      MUSTER_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      MUSTER_KEY: 'k',
      MUSTER_DATA_DIR: folder,
    },
    cwd: folder,
    programName: 'muster',
    terminal: { out: into(out), err: into(err), paint: PLAIN, paintErr: PLAIN, liveBlock: () => undefined },
    interrupted: new AbortController().signal,
  });
  return { exitCode, out: out.join('\n'), err: err.join('\n') };
}

const TASK = {
  id: 'tsk_1',
  state: 'completed',
  revision: 1,
  conditions: [],
  counts: {},
  createdAt: '2026-01-01T00:00:00Z',
  output: { n: 1 },
};

describe('the command line', () => {
  it('lists every command and the exit codes in its help', async () => {
    const { exitCode, out } = await muster('--help');

    expect(exitCode).toBe(0);
    for (const name of Object.keys(COMMANDS)) expect(out).toContain(name);
    expect(out).toContain('Exit codes');
  });

  it.each(Object.keys(COMMANDS))('explains %s', async (name) => {
    const { exitCode, out } = await muster(name, '--help');

    expect(exitCode).toBe(0);
    expect(out).toContain(COMMANDS[name]!.summary);
  });

  it('ends with 2 and the nearest name where the command is unknown', async () => {
    const { exitCode, err } = await muster('shwo');

    expect(exitCode).toBe(2);
    expect(err).toContain('show');
  });

  it('ends with 3 where nobody answers', async () => {
    const gone = createServer();
    await new Promise<void>((ready) => gone.listen(0, '127.0.0.1', ready));
    const url = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    await new Promise((closed) => gone.close(closed));

    const { exitCode, err } = await muster('tasks', '--url', url);

    expect(exitCode).toBe(3);
    expect(err).toContain('npm start');
  });
});

describe('muster submit', () => {
  it('makes a task of a bare plan, with input, labels and key of the command line', async () => {
    writeFileSync(join(folder, 'plan.yaml'), 'steps:\n  - id: a\n    tool: hello.write\n');
    answers = { 'POST /v1/tasks': [202, { ...TASK, state: 'accepted' }] };

    const { exitCode, out } = await muster(
      'submit',
      'plan.yaml',
      '--input',
      'name=World',
      '--label',
      'team=a',
      '--idempotency-key',
      'k1',
    );

    expect(exitCode).toBe(0);
    expect(out).toContain('tsk_1');
    expect(received[0]!.headers).toMatchObject({ authorization: 'Bearer k', 'idempotency-key': 'k1' });
    expect(received[0]!.body).toEqual({
      plan: { steps: [{ id: 'a', tool: 'hello.write' }] },
      input: { name: 'World' },
      labels: { team: 'a' },
    });
  });

  it('waits, prints the end and says by its exit code whether the task completed', async () => {
    writeFileSync(join(folder, 'task.json'), '{"goal": "x", "grants": ["a"], "input": {"a": 1}}');
    answers = { 'POST /v1/tasks': [202, TASK], 'GET /v1/tasks/tsk_1': [200, { ...TASK, state: 'failed' }] };

    const { exitCode, out } = await muster('submit', 'task.json', '--wait');

    expect(exitCode).toBe(1);
    expect(out).toBe('tsk_1  failed  {"n":1}');
  });

  it('ends with 4 where the task waits for a person', async () => {
    writeFileSync(join(folder, 'task.json'), '{"goal": "x"}');
    const parked = { ...TASK, state: 'running', conditions: [{ type: 'NeedsAttention', status: true }] };
    answers = { 'POST /v1/tasks': [202, TASK], 'GET /v1/tasks/tsk_1': [200, parked] };

    expect((await muster('submit', 'task.json', '--wait')).exitCode).toBe(4);
  });

  it.each([
    ['a: [1', /plan\.yaml cannot be understood/],
    ['- 1', /holds no object/],
    ['name: x', /neither a task .* nor a plan/],
  ])('refuses a file that holds %j before anything is sent', async (text, message) => {
    writeFileSync(join(folder, 'plan.yaml'), text);

    const { exitCode, err } = await muster('submit', 'plan.yaml');

    expect(exitCode).toBe(2);
    expect(err).toMatch(message);
    expect(received).toHaveLength(0);
  });
});

describe('a reading command', () => {
  it('prints JSON where it is asked to', async () => {
    answers = { 'GET /v1/tasks': [200, { items: [TASK] }] };

    const { out } = await muster('tasks', '--state', 'completed', '--label', 'team=a', '--json');

    expect(JSON.parse(out)).toEqual([TASK]);
    expect(received[0]!.url).toBe('/v1/tasks?state=completed&label=team%3Da&limit=20');
  });

  it('ends with 1 and the reason where the task is unknown', async () => {
    const { exitCode, err } = await muster('show', 'tsk_2');

    expect(exitCode).toBe(1);
    expect(err).toBe('✗ Nothing here. [not_found]');
  });
});

describe('muster resolve', () => {
  it('sends the decision as it was made', async () => {
    answers = { 'POST /v1/operations/op_1/resolve': [200, {}] };

    await muster(
      'resolve',
      'op_1',
      'happened',
      '--reason',
      'seen',
      '--evidence',
      '{"log":"l1"}',
      '--output',
      '{"id":7}',
    );

    expect(received[0]!.body).toEqual({
      outcome: 'happened',
      reason: 'seen',
      evidence: { log: 'l1' },
      output: { id: 7 },
    });
  });

  it('makes an object of evidence in a sentence', async () => {
    answers = { 'POST /v1/operations/op_1/resolve': [200, {}] };

    await muster('resolve', 'op_1', 'absent', '--reason', 'asked', '--evidence', 'no ticket in the list');

    expect(received[0]!.body).toEqual({
      outcome: 'absent',
      reason: 'asked',
      evidence: { note: 'no ticket in the list' },
    });
  });

  it('takes no third outcome', async () => {
    const { exitCode, err } = await muster('resolve', 'op_1', 'maybe', '--reason', 'r', '--evidence', 'e');

    expect(exitCode).toBe(2);
    expect(err).toContain('happened, absent');
  });
});

describe('muster verify', () => {
  const proven = (id: string, wrong: object[] = []) => ({
    taskId: id,
    state: 'completed',
    ok: wrong.length === 0,
    events: 7,
    steps: 2,
    wrong,
  });
  const WRONG = { seq: 3, reason: 'its hash does not cover what it says' };

  it('proves one task', async () => {
    answers = { 'GET /v1/tasks/tsk_1/verification': [200, proven('tsk_1')] };

    const { exitCode, out } = await muster('verify', 'tsk_1');

    expect(exitCode).toBe(0);
    expect(out).toMatch(/^✓ 1 task, 7 events, 2 steps/);
  });

  it('proves all of them, page by page, and names the wrong line of each', async () => {
    const pages = [
      { items: [proven('tsk_3'), proven('tsk_2', [WRONG])], nextCursor: 'next' },
      { items: [proven('tsk_1')] },
    ];
    answers = {
      get 'GET /v1/verification'(): [number, unknown] {
        return [200, pages.shift()];
      },
    };

    const { exitCode, out } = await muster('verify');

    expect(exitCode).toBe(1);
    expect(out).toContain('tsk_2  event 3: its hash does not cover what it says');
    expect(out).toContain('1 history of 3 tasks, 21 events, 6 steps not in order');
    expect(received.map(({ url }) => url).at(-1)).toContain('cursor=next');
  });

  it('prints what is wrong as JSON lines, and the sum', async () => {
    answers = { 'GET /v1/verification': [200, { items: [proven('tsk_2', [WRONG])] }] };

    const { exitCode, out } = await muster('verify', '--json');

    expect(exitCode).toBe(1);
    const lines = out.split('\n').map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([proven('tsk_2', [WRONG]), { tasks: 1, events: 7, steps: 2, wrong: 1 }]);
  });
});

describe('muster prune', () => {
  const slice = (tasks: number, more: object = {}) => ({
    dryRun: false,
    removed: {
      ...{ tasks, steps: 5 * tasks, operations: 5 * tasks, sendings: 0, events: 9 * tasks, plans: 1, artifacts: 0 },
      bytes: 2_600 * tasks,
    },
    kept: { needsAttention: 0, unknownOperation: 1, lateAnswer: 0 },
    ...more,
  });
  const slices = (...given: object[]): void => {
    answers = {
      get 'POST /v1/prune'(): [number, unknown] {
        return [200, given.shift()];
      },
    };
  };

  it('asks slice by slice and says what left and what stays', async () => {
    slices(slice(200, { nextCursor: 'next' }), slice(3));

    const { exitCode, out } = await muster('prune', '--older-than', '30d', '--state', 'completed,failed');

    expect(exitCode).toBe(0);
    expect(out).toContain('203 tasks removed: 1015 steps, 1015 operations, 0 earlier sendings, 1827 events, 2 plans');
    expect(out).toContain('527.8 kB');
    expect(out).toContain('2 tasks with a call of which nobody knows the fate');
    expect(received.map(({ body }) => body)).toEqual([
      { olderThanMs: 30 * 86_400_000, states: ['completed', 'failed'], dryRun: false },
      { olderThanMs: 30 * 86_400_000, states: ['completed', 'failed'], dryRun: false, cursor: 'next' },
    ]);
  });

  it('says what a dry run would remove, as JSON where it is asked to', async () => {
    slices(slice(1, { dryRun: true }), slice(1, { dryRun: true }));

    expect((await muster('prune', '--older-than', '36h', '--dry-run')).out).toContain('1 task would be removed');
    const { out } = await muster('prune', '--older-than', '36h', '--dry-run', '--json');

    expect(JSON.parse(out)).toEqual(slice(1, { dryRun: true }));
  });

  it.each([[[]], [['--older-than', 'soon']], [['--older-than', '30']]])(
    'asks for an age that can be read: %j',
    async (argv) => {
      const { exitCode, err } = await muster('prune', ...argv);

      expect([exitCode, received.length]).toEqual([2, 0]);
      expect(err).toMatch(/--older-than|30d|90d/);
    },
  );
});

describe('muster doctor', () => {
  const service = (name: string, ...pids: number[]) => ({ service: name, required: true, ready: pids.length, pids });
  const promise = 'A settled operation has a resolver.';
  const diagnosis = {
    ok: true,
    checkedAt: '2026-01-01T00:00:00Z',
    database: { ok: true, message: 'Postgres 18.4', latencyMs: 1.2 },
    queue: {
      ok: true,
      message: 'BullMQ on Redis',
      backend: 'redis',
      queues: [{ name: 'muster-executor', counts: { waiting: 2, active: 0 } }],
    },
    workers: { ok: true, message: '', services: [service('coordinator', 7), service('executor', 8, 9)] },
    invariants: [{ name: 'settled-has-resolver', promise, checked: true, breaches: 0 }],
  };
  const healthy = {
    'GET /health/ready': [200, { status: 'ok' }],
    'GET /v1/doctor': [200, diagnosis],
    'GET /v1/breakers': [200, { items: [] }],
    'GET /v1/tasks': [200, { items: [TASK] }],
  } satisfies typeof answers;

  it('finds nothing to say about a healthy Muster', async () => {
    answers = healthy;

    const { exitCode, out } = await muster('doctor');

    expect(exitCode).toBe(0);
    expect(out).not.toMatch(/[!✗]/);
    expect(out).toContain('muster-executor: 2 waiting');
    expect(out).toMatch(/✓ invariants +1 of 1 checked, all hold/);
  });

  it('ends with 1 where a service is missing, and names what waits for a person', async () => {
    const parked = { ...TASK, conditions: [{ type: 'NeedsAttention', status: true, message: 'pay is parked' }] };
    answers = {
      ...healthy,
      'GET /v1/doctor': [200, { ...diagnosis, workers: { ok: false, message: '', services: [service('executor')] } }],
      'GET /v1/tasks': [200, { items: [parked] }],
    };

    const { exitCode, out } = await muster('doctor');

    expect(exitCode).toBe(1);
    expect(out).toMatch(/✗ executor +none is ready/);
    expect(out).toContain('tsk_1: pay is parked');
  });

  it('names the promise that a row breaks, and what it had no time for', async () => {
    const invariants = [
      {
        name: 'settled-has-resolver',
        promise,
        checked: true,
        breaches: 2,
        rows: [{ id: 'x' }],
        remedy: 'Ask the tool.',
      },
      { name: 'slow', promise: 'p', checked: false, breaches: 0 },
    ];
    answers = { ...healthy, 'GET /v1/doctor': [200, { ...diagnosis, ok: false, invariants }] };

    const { exitCode, out } = await muster('doctor');

    expect(exitCode).toBe(1);
    expect(out).toMatch(/✗ invariants +1 of 2 broken/);
    expect(out).toContain(`settled-has-resolver: 2 rows against: ${promise}`);
    expect(out).toContain('{"id":"x"}');
    expect(out).toContain('Ask the tool.');
    expect(out).toContain('the time was up: slow');
  });
});

describe('muster plan check and muster submit --skill', () => {
  it('ends with 1 and the places where the plan would be refused', async () => {
    const problems = [{ pointer: '/plan/steps/0/tool', code: 'unknown_tool', message: 'There is no tool.' }];
    const found = { problems, effects: [], permits: [], budget: {}, mermaid: 'flowchart TD' };
    answers['POST /v1/plans/check'] = [200, found];
    writeFileSync(join(folder, 'plan.yaml'), 'steps:\n  - id: a\n    tool: x\n');

    const { exitCode, out } = await muster('plan', 'check', 'plan.yaml', '--grant', 'x', '--input', 'n=1');

    expect([exitCode, out]).toEqual([1, expect.stringContaining('/plan/steps/0/tool  unknown_tool')]);
    expect(received[0]?.body).toEqual({ plan: { steps: [{ id: 'a', tool: 'x' }] }, grants: ['x'], input: { n: 1 } });
  });

  it('asks for a skill by name, with its parameters', async () => {
    answers['POST /v1/tasks'] = [202, TASK];

    expect((await muster('submit', '--skill', 'greet@1', '--input', 'who=Ann')).exitCode).toBe(0);
    expect(received[0]?.body).toEqual({ skill: 'greet@1', input: { who: 'Ann' } });
    expect((await muster('submit')).exitCode).toBe(2);
  });
});
