import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TASK_SUBMIT } from '@muster/contracts';
import type { JsonObject } from '@muster/domain';
import request, { type Test } from 'supertest';
import { aTool } from '../../../../test/support/builders';
import { TestCoordinator } from '../../../../test/support/coordinator';
import { type Change, IntakeProducer } from '../../../../test/support/intake-producer';
import { REDIS_URL_VARIABLE } from '../../../../test/support/start-services';
import { until } from '../../../../test/support/until';

const SERVER = 'http://127.0.0.1:1';
let coordinator: TestCoordinator;
let key: string;
let producer: IntakeProducer;

beforeAll(async () => {
  coordinator = await TestCoordinator.start();
  key = await coordinator.key();
  producer = await IntakeProducer.of(coordinator.server, key);
  await register('tickets.create');
}, 60_000);
afterAll(async () => {
  await producer.close();
  await coordinator.stop();
});

const as = (test: Test, who = key): Test => test.set('authorization', `Bearer ${who}`);
const get = (path: string, who?: string): Test => as(request(coordinator.server).get(path), who);
const post = (path: string, who?: string): Test => as(request(coordinator.server).post(path), who);
const register = (name: string, more: object = {}): Test =>
  as(request(coordinator.server).put(`/v1/tools/${name}`)).send({ ...aTool(name, 'keyed', SERVER), ...more });

let count = 0;
/** A label of its own, to find what became of one message. */
const aTask = (tool = 'tickets.create') => {
  const name = `n-${++count}`;
  return { name, body: { plan: { steps: [{ id: 'a', tool, input: {} }] }, labels: { name } } };
};
const tasksNamed = async (name: string, who?: string) => (await get(`/v1/tasks?label=name%3D${name}`, who)).body.items;
const letters = async (who?: string) => (await get('/v1/intake/refusals?limit=500', who)).body.items;
const letterOf = async (jobId: string, who?: string) =>
  until(async () => (await letters(who)).find((letter: { jobId: string }) => letter.jobId === jobId), {
    what: `a refusal of job ${jobId}`,
  });
/** What nobody's key signed is nobody's to see by the API. */
const unsignedLetterOf = async (jobId: string) =>
  until(
    async () => {
      const sql = 'select tenant_id, body, problem from intake_refusal where job_id = $1 and tenant_id is null';
      const { rows } = await coordinator.database.client.query(sql, [jobId]);
      return rows[0] && { ...rows[0], problem: JSON.parse(rows[0].problem) };
    },
    { what: `an unsigned letter of job ${jobId}` },
  );

describe('a signed job', () => {
  it('becomes a task, and leaves the queue', async () => {
    const { name, body } = aTask();

    const job = await producer.add(producer.message(body));

    await producer.isGone(job);
    expect(await tasksNamed(name)).toMatchObject([{ state: 'running', labels: { name } }]);
  });

  it('that comes twice becomes one task', async () => {
    const { name, body } = aTask();
    const message = producer.message(body);

    const jobs = [await producer.add(message), await producer.add(message)];

    await producer.isGone(...jobs);
    expect(await tasksNamed(name)).toHaveLength(1);
  });

  it('is the same request as by HTTP under the same idempotency key', async () => {
    const { name, body } = aTask();
    const message = producer.message(body);
    const { body: task } = await post('/v1/tasks')
      .set('idempotency-key', String(message.idempotencyKey))
      .send(body)
      .expect(202);

    await producer.isGone(await producer.add(message));

    expect(await tasksNamed(name)).toMatchObject([{ id: task.id }]);
  });

  it('that comes again after its tool changed is still the task it was, as after a crash before the acknowledgement', async () => {
    await register('moving.target').expect(200);
    const { name, body } = aTask('moving.target');
    const message = producer.message(body);
    await producer.isGone(await producer.add(message));
    const input = { type: 'object', required: ['title'], properties: { title: { type: 'string' } } };
    await register('moving.target', { version: '2', input }).expect(200);
    await post('/v1/tasks').send(body).expect(422);

    const again = await producer.add(message);

    await producer.isGone(again);
    expect(await tasksNamed(name)).toHaveLength(1);
    expect((await letters()).filter((letter: { jobId: string }) => letter.jobId === again.id)).toEqual([]);
  });

  it('is of the tenant of its key, whatever it says itself', async () => {
    const stranger = await coordinator.key({ tenant: 'stranger' });
    const theirs = await IntakeProducer.of(coordinator.server, stranger);
    const { name, body } = aTask();

    const job = await theirs.add(theirs.message({ ...body, plan: { steps: [{ id: 'a', tool: 'tickets.create' }] } }));

    expect((await letterOf(String(job.id), stranger)).problem).toMatchObject({
      code: 'invalid_request',
      errors: [{ code: 'unknown_tool' }],
    });
    expect(await tasksNamed(name)).toEqual([]);
    expect(await letters()).not.toContainEqual(expect.objectContaining({ jobId: job.id }));
    await theirs.close();
  });
});

describe('a job that breaks the rules', () => {
  it('is refused with the problem that HTTP answers, and kept once however often it comes', async () => {
    const bad = { plan: { steps: [{ id: 'a', tool: 'tickets.creat', sudo: true }] }, priority: 12 };
    const { body: answered } = await post('/v1/tasks').send(bad).expect(422);
    const message = producer.message(bad);

    const job = await producer.add(message);
    await producer.isGone(job);
    const again = await producer.add(message);
    await producer.isGone(again);

    const letter = await letterOf(String(job.id));
    expect(letter).toMatchObject({ jobName: TASK_SUBMIT, keyId: message.keyId, times: 2 });
    expect(letter.problem).toEqual({ ...answered, requestId: again.id });
    const { body: whole } = await get(`/v1/intake/refusals/${letter.id}`).expect(200);
    expect(whole.message).toEqual(message);
  });

  it('is a task by a redrive once its tool is there, and the same task by a second one', async () => {
    const { name, body } = aTask('late.tool');
    const { id } = await letterOf(String((await producer.add(producer.message(body))).id));
    const tooEarly = await post(`/v1/intake/refusals/${id}/redrive`);
    await register('late.tool').expect(200);

    const first = await post(`/v1/intake/refusals/${id}/redrive`).expect(200);
    const second = await post(`/v1/intake/refusals/${id}/redrive`).expect(200);

    expect([tooEarly.status, tooEarly.body.errors[0].code]).toEqual([422, 'unknown_tool']);
    const [task] = await tasksNamed(name);
    expect([first.body.taskId, second.body.taskId]).toEqual([task.id, task.id]);
    expect(await tasksNamed(name)).toHaveLength(1);
  });

  it('by another body under a used key is refused, and leaves the first task alone', async () => {
    const first = aTask();
    const message = producer.message(first.body);
    await producer.isGone(await producer.add(message));
    const { name, body } = aTask();

    const job = await producer.add(producer.message(body, { idempotencyKey: message.idempotencyKey }));

    expect((await letterOf(String(job.id))).problem).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(await tasksNamed(name)).toEqual([]);
  });

  it.each<[string, Change, string]>([
    ['signed two days ago', { time: new Date(Date.now() - 2 * 86_400_000).toISOString() }, 'message_expired'],
    ['signed in the future', { time: new Date(Date.now() + 3_600_000).toISOString() }, 'message_early'],
    ['with a member nobody knows', { tenant: 'stranger' }, 'invalid_request'],
    ['without an idempotency key', { idempotencyKey: undefined }, 'invalid_request'],
    ['with an idempotency key that Postgres could not keep', { idempotencyKey: 'a\u0000b' }, 'invalid_request'],
    ['whose body is no object', { data: 7 }, 'invalid_request'],
  ])('%s is refused', async (_, change, code) => {
    const { name, body } = aTask();

    const job = await producer.add(producer.message(body, change));

    expect((await letterOf(String(job.id))).problem).toMatchObject({ code });
    expect(await tasksNamed(name)).toEqual([]);
  });

  it('by another name is refused', async () => {
    const job = await producer.add(producer.message(aTask().body), { name: 'task.cancel.v1' });

    expect((await letterOf(String(job.id))).problem).toMatchObject({ code: 'unknown_message' });
  });

  it('by waiting too long is a task when a person redrives it', async () => {
    const { name, body } = aTask();
    const time = new Date(Date.now() - 2 * 86_400_000).toISOString();
    const { id } = await letterOf(String((await producer.add(producer.message(body, { time }))).id));

    await post(`/v1/intake/refusals/${id}/redrive`).expect(200);

    expect(await tasksNamed(name)).toHaveLength(1);
  });
});

describe('a forged job', () => {
  it.each<[string, (message: JsonObject) => unknown]>([
    ['with its body changed after the signing', (message) => ({ ...message, data: { goal: 'rob the bank' } })],
    ['with another time', (message) => ({ ...message, time: new Date(0).toISOString() })],
    ['with the id of a key that does not exist', (message) => ({ ...message, keyId: `ink_${'0'.repeat(32)}` })],
    ['with a key id that is none', (message) => ({ ...message, keyId: "ink_'; drop table task" })],
    ['without a signature', ({ signature, ...rest }) => rest],
    ['that is no object', () => 'x'],
    ['that is a list', () => [1]],
    ['with a key that reaches for prototypes', () => JSON.parse('{"__proto__": {"y": 1}, "keyId": "x"}')],
    ['nested too deep', () => JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`)],
  ])("%s is nobody's letter, and no task", async (_, forge) => {
    const { name, body } = aTask();

    const job = await producer.add(forge(producer.message(body)));

    const letter = await unsignedLetterOf(String(job.id));
    expect(letter.problem.status).toBeLessThan(500);
    expect(await tasksNamed(name)).toEqual([]);
    expect(await letters()).not.toContainEqual(expect.objectContaining({ jobId: job.id }));
  });

  it('says in its letter that the signature is not good, and keeps only the beginning of what it brought', async () => {
    const message = producer.message({ ...aTask().body, input: 'x'.repeat(100_000) });

    const job = await producer.add({ ...message, source: 'elsewhere' });

    const letter = await unsignedLetterOf(String(job.id));
    expect(letter.problem).toMatchObject({ status: 401, code: 'signature_invalid' });
    expect(letter.body.length).toBeLessThanOrEqual(4_096);
  });

  it("by the secret of another tenant's key is no task of the key it names", async () => {
    const theirs = await IntakeProducer.of(coordinator.server, await coordinator.key({ tenant: 'stranger' }));
    const { name, body } = aTask();

    const job = await theirs.add(theirs.message(body, { keyId: producer.keyId }));

    expect((await unsignedLetterOf(String(job.id))).problem).toMatchObject({ code: 'signature_invalid' });
    expect(await tasksNamed(name)).toEqual([]);
    await theirs.close();
  });
});

describe('a key of the intake', () => {
  it('shows its secret once', async () => {
    const made = await post('/v1/intake/keys').send({ label: 'shop' }).expect(201);

    const listed = await get('/v1/intake/keys').expect(200);

    expect(made.body.secret).toMatch(/^mis_.{43}$/);
    expect(listed.body.items[0]).toEqual({ id: made.body.id, label: 'shop', createdAt: made.body.createdAt });
    expect(JSON.stringify(listed.body)).not.toContain(made.body.secret);
  });

  it('signs nothing any more once it is revoked; what it signed can be redriven', async () => {
    const short = await IntakeProducer.of(coordinator.server, key);
    const revoked = await as(request(coordinator.server).delete(`/v1/intake/keys/${short.keyId}`)).expect(200);
    const { name, body } = aTask();

    const letter = await letterOf(String((await short.add(short.message(body))).id));

    expect(revoked.body.revokedAt).toBeDefined();
    expect(letter.problem).toMatchObject({ status: 403, code: 'key_revoked' });
    expect(await tasksNamed(name)).toEqual([]);
    await post(`/v1/intake/refusals/${letter.id}/redrive`).expect(200);
    expect(await tasksNamed(name)).toHaveLength(1);
    await short.close();
  });

  it('is seen, made and revoked only by its own tenant, with the scope for it', async () => {
    const stranger = await coordinator.key({ tenant: 'stranger' });
    const reader = await coordinator.key({ scopes: ['tasks:read', 'tasks:write'] });

    await as(request(coordinator.server).delete(`/v1/intake/keys/${producer.keyId}`), stranger).expect(404);
    await post('/v1/intake/keys', reader).send({ label: 'x' }).expect(403);
    await get('/v1/intake/keys', reader).expect(403);
    await post('/v1/intake/keys').send({ label: '' }).expect(422);
    expect((await get('/v1/intake/keys', stranger)).body.items).not.toContainEqual(
      expect.objectContaining({ id: producer.keyId }),
    );
  });

  it('keeps its secret from every service but the coordinator', async () => {
    for (const role of ['console', 'planner', 'executor', 'verifier']) {
      await coordinator.database.client.query(`set role muster_${role}`);
      await expect(coordinator.database.client.query('select secret from intake_key')).rejects.toThrow(/permission/);
      await coordinator.database.client.query('reset role');
    }
  });
});

describe('a refusal', () => {
  it('is redriven only by its own tenant, with the scope for it', async () => {
    const { id } = await letterOf(String((await producer.add(producer.message({}))).id));
    const stranger = await coordinator.key({ tenant: 'stranger' });
    const writer = await coordinator.key({ scopes: ['tasks:read', 'tasks:write'] });

    await post(`/v1/intake/refusals/${id}/redrive`, stranger).expect(404);
    await get(`/v1/intake/refusals/${id}`, stranger).expect(404);
    await post(`/v1/intake/refusals/${id}/redrive`, writer).expect(403);
  });

  it('is found page by page, newest first', async () => {
    const all = await letters();

    const first = await get('/v1/intake/refusals?limit=2').expect(200);
    const second = await get(`/v1/intake/refusals?limit=2&cursor=${first.body.nextCursor}`).expect(200);

    expect([...first.body.items, ...second.body.items]).toEqual(all.slice(0, 4));
  });
});

describe('the documents of the intake', () => {
  it('are at /v1/contracts, with references that lead somewhere', async () => {
    const { schemas, asyncapi } = (await get('/v1/contracts').expect(200)).body;

    expect(schemas).toHaveProperty('IntakeMessage');
    expect(asyncapi).toMatchObject({ asyncapi: '3.0.0', channels: { intake: { address: 'muster-intake' } } });
    const refs = [...JSON.stringify(asyncapi).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!.split('/'));
    for (const path of refs) expect(asyncapi).toHaveProperty(path);
  });
});

describe('the example for Node', () => {
  it('submits a task', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-intake-'));
    const { name, body } = aTask();
    await writeFile(join(folder, 'task.json'), JSON.stringify(body));
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      REDIS_URL: process.env[REDIS_URL_VARIABLE],
      QUEUE_PREFIX: producer.prefix,
      MUSTER_INTAKE_KEY_ID: producer.keyId,
      MUSTER_INTAKE_SECRET: producer.secret,
    };

    const script = join(__dirname, '../../../../examples/intake/submit.mjs');
    await promisify(execFile)(process.execPath, [script, 'example-1', join(folder, 'task.json')], { env });

    await until(async () => (await tasksNamed(name)).length === 1, { what: 'the task of the example' });
    await rm(folder, { recursive: true });
  });
});
