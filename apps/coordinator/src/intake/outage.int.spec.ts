import { Worker } from 'bullmq';
import request from 'supertest';
import { aTool } from '../../../../test/support/builders';
import { TestCoordinator } from '../../../../test/support/coordinator';
import { IntakeProducer } from '../../../../test/support/intake-producer';
import { REDIS_URL_VARIABLE } from '../../../../test/support/start-services';
import { TcpProxy } from '../../../../test/support/tcp-proxy';
import { until } from '../../../../test/support/until';
import { INTAKE_LIMITS } from './intake.limits';

let gate: TcpProxy;
let coordinator: TestCoordinator;
let key: string;
let producer: IntakeProducer;
let stopped: boolean;

const get = (path: string) => request(coordinator.server).get(path).set('authorization', `Bearer ${key}`);
const body = { plan: { steps: [{ id: 'a', tool: 'tickets.create', input: {} }] } };

beforeEach(async () => {
  stopped = false;
  coordinator = await TestCoordinator.start({
    through: async (url) => {
      gate = await TcpProxy.before(url);
      return gate.url;
    },
  });
  key = await coordinator.key();
  producer = await IntakeProducer.of(coordinator.server, key);
  await request(coordinator.server)
    .put('/v1/tools/tickets.create')
    .set('authorization', `Bearer ${key}`)
    .send(aTool('tickets.create', 'keyed', 'http://127.0.0.1:1'))
    .expect(200);
}, 60_000);
afterEach(async () => {
  await producer.close();
  if (!stopped) await coordinator.stop();
  await gate.shut();
}, 60_000);

describe('a job that comes while the database is away', () => {
  it('stays in the queue, and is a task once the database is back', async () => {
    await gate.shut();
    const job = await producer.add(producer.message(body));
    await until(() => job.isActive(), { what: 'the job being taken' });

    await gate.open();

    await producer.isGone(job);
    expect((await get('/v1/tasks')).body.items).toHaveLength(1);
    expect((await get('/v1/intake/refusals')).body.items).toEqual([]);
  }, 30_000);

  it('waits for the next coordinator when this one stops', async () => {
    await gate.shut();
    const job = await producer.add(producer.message(body));
    await until(() => job.isActive(), { what: 'the job being taken' });

    await coordinator.stop();
    stopped = true;

    expect(await job.getState()).toBe('waiting');
  }, 30_000);
});

describe('a job that its queue gave up', () => {
  it('is a refusal that a person can redrive', async () => {
    // With every hand full of jobs that wait for the database, the next one is taken by a worker that fails it.
    await gate.shut();
    const others = Array.from({ length: INTAKE_LIMITS.CONCURRENCY }, () => producer.add(producer.message(body)));
    await until(async () => (await producer.queue.getActiveCount()) === INTAKE_LIMITS.CONCURRENCY, {
      what: 'the coordinator having its hands full',
    });
    const job = await producer.add(producer.message(body));
    const worker = new Worker(producer.queue.name, () => Promise.reject(new Error('The process died.')), {
      prefix: producer.prefix,
      connection: { url: process.env[REDIS_URL_VARIABLE], maxRetriesPerRequest: null },
    });
    await until(() => job.isFailed(), { what: 'the job having failed' });
    await worker.close();

    await gate.open();

    await producer.isGone(...(await Promise.all(others)), job);
    const { items } = (await get('/v1/intake/refusals')).body;
    expect(items).toMatchObject([{ jobId: job.id, problem: { code: 'job_abandoned' } }]);
    await request(coordinator.server)
      .post(`/v1/intake/refusals/${items[0].id}/redrive`)
      .set('authorization', `Bearer ${key}`)
      .expect(200);
  }, 60_000);
});
