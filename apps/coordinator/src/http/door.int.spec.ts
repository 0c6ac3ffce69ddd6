import request, { type Test } from 'supertest';
import { aTool } from '../../../../test/support/builders';
import { TestCoordinator } from '../../../../test/support/coordinator';

let coordinator: TestCoordinator;
let key: string;
const SERVER = 'http://127.0.0.1:1';
const STEP = { id: 'a', tool: 'tickets.create', input: {} };

beforeAll(async () => {
  coordinator = await TestCoordinator.start();
  key = await coordinator.key();
  await as(request(coordinator.server).put('/v1/tools/tickets.create'))
    .send(aTool('tickets.create', 'keyed', SERVER))
    .expect(200);
}, 60_000);
afterAll(() => coordinator.stop());

const as = (test: Test, who = key): Test => test.set('authorization', `Bearer ${who}`);
const get = (path: string, who?: string): Test => as(request(coordinator.server).get(path), who);
const post = (path: string, who?: string): Test => as(request(coordinator.server).post(path), who);
const raw = (body: string, path = '/v1/tasks'): Test => post(path).set('content-type', 'application/json').send(body);
const plan = (...steps: object[]) => ({ plan: { steps } });

describe('a request without a right to be here', () => {
  it.each([
    ['no key', undefined],
    ['an unknown key', 'Bearer nonsense'],
    ['another scheme', 'Basic eDp5'],
  ])('with %s is 401', async (_, authorization) => {
    const answer = await request(coordinator.server)
      .get('/v1/tasks')
      .set(authorization ? { authorization } : {});

    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ code: 'unauthorized', retryable: false });
  });

  it('with a key that lacks the scope is 403, and says which scope', async () => {
    const reader = await coordinator.key({ scopes: ['tasks:read'] });

    const answer = await post('/v1/tasks', reader).send(plan(STEP));

    expect([answer.status, answer.body.detail]).toEqual([403, expect.stringContaining('tasks:write')]);
  });

  it('of another tenant finds nothing', async () => {
    const { body: task } = await post('/v1/tasks').send(plan(STEP)).expect(202);
    const stranger = await coordinator.key({ tenant: 'stranger' });

    for (const part of ['', '/steps', '/operations', '/events', '/plan', '/explain', '/artifacts']) {
      await get(`/v1/tasks/${task.id}${part}`, stranger).expect(404);
    }
    await post(`/v1/tasks/${task.id}/cancel`, stranger).expect(404);
    expect((await get('/v1/tasks', stranger)).body.items).toEqual([]);
  });
});

describe('a body that cannot be read', () => {
  it.each([
    ['malformed', '{"plan":', 400],
    ['a list', '[]', 422],
    ['a text', '"x"', 422],
    ['null', 'null', 422],
    ['5,000 levels deep', `{"input":${'['.repeat(5_000)}${']'.repeat(5_000)}}`, 400],
    ['one with __proto__', '{"input":{"__proto__":{"y":1}}}', 400],
  ])('being %s is refused as a problem', async (_, body, status) => {
    const answer = await raw(body);

    expect(answer.status).toBe(status);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body.errors).toHaveLength(1);
  });

  it('being too large is 413, and its sender gets to see it', async () => {
    const answer = await raw(JSON.stringify({ input: 'x'.repeat(20_000_000) }));

    expect([answer.status, answer.body.code]).toEqual([413, 'request_too_large']);
  });

  it('being of another type is 415', async () => {
    const answer = await post('/v1/tasks').set('content-type', 'text/yaml').send('plan: {}');

    expect(answer.status).toBe(415);
  });
});

describe('every error', () => {
  it.each([
    ['an unknown path', 'GET', '/v1/nothing', 404],
    ['another method on a known path', 'DELETE', '/v1/tasks', 405],
    ['a path that is no text', 'GET', '/v1/tools/%ff', 400],
    ['an id that is none', 'GET', '/v1/tasks/tsk_nonsense', 404],
    ['a cursor that is none', 'GET', '/v1/tasks?cursor=abc', 400],
    ['a limit out of range', 'GET', '/v1/tasks?limit=501', 400],
    ['a state that does not exist', 'GET', '/v1/tasks?state=sleeping', 400],
    ['a label with U+0000', 'GET', '/v1/tasks?label=a%3D%00', 400],
  ])('has the form of RFC 9457: %s', async (_, method, path, status) => {
    const answer = await fetch(coordinator.url + path, { method, headers: { authorization: `Bearer ${key}` } });

    const problem = await answer.json();
    expect(problem).toMatchObject({
      status,
      instance: path.split('?')[0],
      requestId: answer.headers.get('x-request-id'),
    });
    for (const field of ['type', 'title', 'detail', 'code', 'retryable']) expect(problem).toHaveProperty(field);
  });
});

describe('a task with faults', () => {
  const pointers = async (body: object): Promise<string[]> => {
    const answer = await post('/v1/tasks').send(body);
    expect(answer.status).toBe(422);
    return answer.body.errors.map((error: { pointer: string }) => error.pointer);
  };

  it('is told of its shape and of its plan in the same answer', async () => {
    const found = await pointers({
      ...plan({ ...STEP, sudo: true, needs: ['zz'] }, { ...STEP, tool: 'tickets.creat' }),
      sudo: 1,
      completion: ['steps.b.output.x'],
    });

    expect(found.sort()).toEqual(
      [
        '/completion/0',
        '/plan/steps/0/needs/0',
        '/plan/steps/0/sudo',
        '/plan/steps/1/id',
        '/plan/steps/1/tool',
        '/sudo',
      ].sort(),
    );
  });

  it.each([
    [{}, ''],
    [{ ...plan(STEP), goal: 'x' }, '/plan'],
    [plan(), '/plan/steps'],
    [plan({ id: 'a', agent: 'clerk' }), '/plan/steps/0/agent'],
    [{ ...plan(STEP), deadlineAt: '2001-01-01T00:00:00Z' }, '/deadlineAt'],
    [{ ...plan(STEP), grants: ['other.*'] }, '/plan/steps/0/tool'],
    [{ plan: { input: { n: 'number' }, steps: [STEP] }, input: { n: 'x' } }, '/input/n'],
  ])('%j is refused at %s', async (body, pointer) => {
    expect(await pointers(body)).toContain(pointer);
  });

  it('that asks for a model is told what to set', async () => {
    const answer = await post('/v1/tasks').send({ goal: 'Make it so.', grants: ['tickets.*'] });

    expect(answer.body).toMatchObject({
      status: 422,
      code: 'goal_unavailable',
      detail: expect.stringContaining('Set a model'),
    });
  });
});

describe('the same Idempotency-Key', () => {
  it('gives the same task for the same body in any order, and refuses another', async () => {
    const send = (body: object) => post('/v1/tasks').set('idempotency-key', 'k-1').send(body);

    const first = await send({ ...plan(STEP), priority: 3 });
    const again = await send({ priority: 3, ...plan({ input: {}, tool: 'tickets.create', id: 'a' }) });
    const other = await send({ ...plan(STEP), priority: 4 });

    expect([first.status, again.status]).toEqual([202, 202]);
    expect(again.body.id).toBe(first.body.id);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  });
});

describe('a batch', () => {
  it('accepts and refuses each task on its own, in order', async () => {
    const answer = await post('/v1/tasks/batch').send({ tasks: [plan(STEP), plan(), 7, plan(STEP)] });

    expect(answer.status).toBe(200);
    expect(answer.body.items.map((item: { status: number }) => item.status)).toEqual([202, 422, 422, 202]);
    expect(answer.body.items[1].problem.errors[0].pointer).toBe('/plan/steps');
    expect(answer.body.items[3].task.id).toMatch(/^tsk_/);
  });
});

describe('a tool', () => {
  const put = (name: string, body: object) => as(request(coordinator.server).put(`/v1/tools/${name}`)).send(body);

  it('may be replaced under its version until a plan was accepted on it, and never after', async () => {
    const first = aTool('mail.send', 'none', SERVER);
    await put('mail.send', first).expect(200);
    await put('mail.send', { ...first, effect: 'opaque' }).expect(200);
    await post('/v1/tasks')
      .send(plan({ id: 'a', tool: 'mail.send' }))
      .expect(202);

    const changed = await put('mail.send', first);
    const same = await put('mail.send', (await get('/v1/tools/mail.send')).body);
    const next = await put('mail.send', { ...first, version: '2' });

    expect([changed.status, same.status, next.status]).toEqual([409, 200, 200]);
    expect((await get('/v1/tools/mail.send')).body).toMatchObject({ version: '2', effect: 'none' });
    expect((await get('/v1/tools/mail.send?version=1')).body).toMatchObject({ version: '1', effect: 'opaque' });
  });

  it.each([
    ['another name than its address', { name: 'mail.sent' }, '/name'],
    ['no window though keyed', { effect: 'keyed' }, '/dedupeWindowMs'],
    ['an unknown field', { sudo: true }, '/sudo'],
  ])('with %s is refused there', async (_, given, pointer) => {
    const answer = await put('mail.send', { ...aTool('mail.send', 'none', SERVER), ...given });

    expect(answer.body.errors).toMatchObject([{ pointer }]);
  });
});

describe('a plan that is only looked at', () => {
  it('is drawn and judged, and nothing runs', async () => {
    const before = (await get('/v1/tasks?limit=500')).body.items.length;

    const good = await post('/v1/plans/check').send(plan(STEP));
    const bad = await post('/v1/plans/check').send(plan({ ...STEP, tool: 'no.such.tool' }));
    const hopeless = await post('/v1/plans/check').send({ plan: 7 });

    expect(good.body).toMatchObject({ problems: [], mermaid: expect.stringContaining('flowchart') });
    expect(JSON.stringify(good.body.effects)).toContain('keyed');
    expect(bad.body.problems).toMatchObject([{ pointer: '/plan/steps/0/tool' }]);
    expect(hopeless.body.problems).toMatchObject([{ pointer: '/plan' }]);
    expect((await get('/v1/tasks?limit=500')).body.items).toHaveLength(before);
  });
});

describe('the documents', () => {
  it('are OpenAPI 3.1 whose references all lead somewhere, and pages that load nothing from elsewhere', async () => {
    const { body: document } = await request(coordinator.server).get('/openapi.json').expect(200);
    const page = await request(coordinator.server).get('/docs').expect(200);

    expect(document.openapi).toMatch(/^3\.1/);
    for (const path of ['/v1/tasks', '/v1/operations/{id}/resolve', '/v1/tasks/{id}/events']) {
      expect(document.paths).toHaveProperty([path]);
    }
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name!,
    );
    expect(refs.filter((name) => !document.components.schemas[name])).toEqual([]);
    expect(page.text).not.toMatch(/(src|href)="https?:/);
  });
});
