import { createHash } from 'node:crypto';
import { ChassisModule, Log, loadConfig } from '@muster/chassis';
import { newUuid, showId } from '@muster/domain';
import { QueueBackend } from '@muster/messaging';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { freshDatabase, type TestDatabase } from '../../../test/support/database';
import { type Row, Rows } from '../../../test/support/rows';
import { securityHeaders } from './access/headers';
import { ConsoleModule } from './console.module';

const READER = 'key-of-a-reader';
const OPERATOR = 'key-of-an-operator';
const WRITER = 'key-that-only-writes';
const HOSTILE = '<script>alert("x")</script>';

let database: TestDatabase;
let app: NestExpressApplication;
let rows: Rows;
let task: Row;
let step: Row;

const http = () => request(app.getHttpServer());
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const page = { accept: 'text/html' };
const addressOf = (row: Row) => `/tasks/${showId('task', String(row.id))}`;

async function addKey(key: string, scopes: string[], tenant = rows.tenantId): Promise<string> {
  const id = newUuid();
  await rows.insert('api_key', {
    id,
    tenant_id: tenant,
    label: key,
    key_hash: createHash('sha256').update(key).digest(),
    scopes,
  });
  return id;
}

async function signIn(key: string): Promise<string> {
  const answer = await http().post('/login').type('form').send({ key, next: '/tasks' });
  expect(answer.status).toBe(303);
  return String(answer.headers['set-cookie']);
}

beforeAll(async () => {
  database = await freshDatabase();
  rows = await Rows.begin(database.client);
  await addKey(READER, ['tasks:read']);
  await addKey(OPERATOR, ['operate']);
  await addKey(WRITER, ['tasks:write']);
  task = await rows.task({ steps: [{ id: 'pay', tool: 'bank.pay' }] }, { labels: { title: HOSTILE }, goal: HOSTILE });
  step = await rows.step(task, HOSTILE, { tool: HOSTILE });
  await rows.operation(step, { message: HOSTILE, code: HOSTILE });
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: database.url });
  await new QueueBackend({ databaseUrl: database.url }).migrate();
  const built = await Test.createTestingModule({
    imports: [ChassisModule.with(config, new Log('test', 'silent')), ConsoleModule],
  }).compile();
  app = built.createNestApplication<NestExpressApplication>({ bodyParser: false, logger: false });
  app.use(securityHeaders);
  await app.init();
});

afterAll(async () => {
  await app?.close();
  await database?.drop();
});

describe('somebody without an API key', () => {
  it.each(['/', '/tasks', '/tasks/tsk_0', '/queues', '/queues/', '/queues/api/queues', '/queues/static/js/main.js'])(
    'is told 401 at %s',
    async (path) => {
      const answer = await http().get(path);

      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.headers['content-type']).toContain('application/problem+json');
    },
  );

  it.each(['/tasks?state=failed', '/queues/'])(
    'is led to the login by a browser at %s, and back afterwards',
    async (path) => {
      const answer = await http().get(path).set(page);

      expect(answer.status).toBe(303);
      expect(answer.headers.location).toBe(`/login?next=${encodeURIComponent(path)}`);
    },
  );

  it('is refused with a key or a cookie that is not ours', async () => {
    const forged = `muster_session=${newUuid()}.${Date.now() + 60_000}.${'A'.repeat(43)}`;

    expect((await http().get('/').set(bearer('wrong'))).status).toBe(401);
    expect((await http().get('/').set('cookie', forged)).status).toBe(401);
    expect((await http().post('/login').type('form').send({ key: 'wrong' })).status).toBe(401);
  });
});

describe('somebody with an API key', () => {
  it.each(['/', '/tasks'])('may read %s', async (path) => {
    expect((await http().get(path).set(bearer(READER))).status).toBe(200);
  });

  it('signs in once with it and gets a cookie that no script and no other site can use', async () => {
    const cookie = await signIn(READER);

    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain(READER);
    expect((await http().get('/tasks').set('cookie', cookie.split(';')[0]!).set(page)).status).toBe(200);
  });

  it('is out as soon as the key is revoked', async () => {
    const id = await addKey('key-to-revoke', ['tasks:read']);
    const cookie = (await signIn('key-to-revoke')).split(';')[0]!;
    expect((await http().get('/').set('cookie', cookie)).status).toBe(200);

    await database.client.query('update api_key set revoked_at = now() where id = $1', [id]);

    expect((await http().get('/').set('cookie', cookie)).status).toBe(401);
  });

  it('needs a scope for what it looks at', async () => {
    expect((await http().get('/').set(bearer(WRITER))).status).toBe(403);
    expect((await http().post('/login').type('form').send({ key: WRITER })).status).toBe(403);
    expect((await http().get('/queues/api/queues').set(bearer(READER))).status).toBe(403);
    expect((await http().get('/queues/api/queues').set(bearer(OPERATOR))).status).toBe(200);
  });

  it('changes no queue, whatever its scopes', async () => {
    const pause = await http().put('/queues/api/queues/muster-executor/pause').set(bearer(OPERATOR));
    const empty = await http().put('/queues/api/queues/muster-executor/empty').set(bearer(OPERATOR));

    expect([pause.status, empty.status]).toEqual([405, 405]);
  });

  it('finds nothing of another tenant', async () => {
    await rows.insert('tenant', { id: 'neighbour', name: 'Neighbour' });
    await addKey('key-of-the-neighbour', ['tasks:read', 'operate'], 'neighbour');

    const asked = await Promise.all(
      [
        addressOf(task),
        `/steps/${showId('step', String(step.id))}`,
        `/operations/${showId('operation', String(step.operation_id))}`,
      ].map((path) => http().get(path).set(bearer('key-of-the-neighbour'))),
    );

    expect(asked.map((answer) => answer.status)).toEqual([404, 404, 404]);
    expect((await http().get('/tasks').set(bearer('key-of-the-neighbour'))).text).not.toContain(
      String(task.id).slice(-8),
    );
  });

  it('is led from a job’s step to its task', async () => {
    const answer = await http()
      .get(`/steps/${showId('step', String(step.id))}`)
      .set(bearer(READER));

    expect(answer.headers.location).toBe(`${addressOf(task)}#${showId('step', String(step.id))}`);
  });
});

describe('a task whose plan a model made', () => {
  it('shows the step that made it, before those of the plan', async () => {
    const planned = await rows.task({ steps: [{ id: 'pay', tool: 'bank.pay' }] }, { goal: 'Pay.' });
    const planning = await rows.step(planned, 'plan', { plan_index: -1, plan_revision: 0, tool: 'muster:planner' });
    const paid = await rows.step(planned, 'pay');

    const { text } = await http().get(addressOf(planned)).set(bearer(READER)).set(page);

    const [first, second] = [planning, paid].map(({ id }) => text.indexOf(showId('step', String(id))));
    expect(first).toBeGreaterThan(-1);
    expect(second).toBeGreaterThan(first!);
  });
});

describe('a task whose labels, goal, step and tool are hostile markup', () => {
  it('is shown as text on every page, which would run no script of theirs anyway', async () => {
    for (const path of ['/', '/tasks', addressOf(task)]) {
      const answer = await http().get(path).set(bearer(READER)).set(page);

      expect(answer.text).toContain('&lt;script&gt;');
      expect(answer.text).not.toContain(HOSTILE);
      expect(answer.headers['content-security-policy']).toMatch(
        /default-src 'none'; script-src 'nonce-[A-Za-z0-9+/=]+';/,
      );
    }
  });
});

describe('the refresh of a page that is open', () => {
  it('gets the changing part alone, and nothing while nothing has changed', async () => {
    const headers = { ...bearer(READER), 'muster-fragment': 'main' };
    const first = await http().get('/tasks?state=failed').set(headers);

    const second = await http()
      .get('/tasks?state=failed')
      .set(headers)
      .set('if-none-match', String(first.headers.etag));

    expect(first.text).not.toContain('<html');
    expect(second.status).toBe(304);
  });

  it('is told 401 when the session has ended, so that it can ask for a new one', async () => {
    expect((await http().get('/tasks').set(page).set('muster-fragment', 'main')).status).toBe(401);
  });
});
