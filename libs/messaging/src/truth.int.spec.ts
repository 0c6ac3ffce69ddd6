import { Log } from '@muster/chassis';
import type { Queue } from 'bullmq';
import { freshDatabase, type TestDatabase } from '../../../test/support/database';
import { RedisServer } from '../../../test/support/redis-server';
import { until } from '../../../test/support/until';
import { QueueBackend } from './backend';
import { Consumers, PutBack, type TakenJob } from './consumer';
import { FailedJobs } from './failed-jobs';

const log = new Log('test', 'silent');
const QUEUE = 'test-intake';

describe.each(['redis', 'postgres'] as const)('jobs that carry truth on %s', (kind) => {
  let test: TestDatabase;
  let redis: RedisServer | undefined;
  let backend: QueueBackend;
  let consumers: Consumers;
  let queue: Queue;
  beforeEach(async () => {
    test = await freshDatabase();
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
    backend = new QueueBackend({ redisUrl: redis?.url, databaseUrl: test.url, prefix: 'test' });
    await backend.migrate();
    await backend.ready();
    consumers = new Consumers(backend, log);
    queue = backend.producer(QUEUE);
  });
  afterEach(async () => {
    await consumers.onModuleDestroy();
    await queue.close();
    backend.close();
    await redis?.stop();
    await test.drop();
  });

  const take = (work: (job: TakenJob) => Promise<void>) => consumers.take(QUEUE, { concurrency: 4 }, work);

  it('come as they are, and are gone when their work is done', async () => {
    const bodies: unknown[] = [];
    take(async ({ body }) => {
      bodies.push(body);
    });

    const job = await queue.add('any', { a: [1, { b: null }] });

    await until(async () => (await job.getState()) === 'unknown', { what: 'the job being acknowledged' });
    expect(bodies).toEqual([{ a: [1, { b: null }] }]);
  });

  it('are put back when their consumer closes, and taken by the next', async () => {
    const begun: string[] = [];
    const first = take(async ({ id, stopping }) => {
      begun.push(id);
      await new Promise((resolve) => stopping.addEventListener('abort', resolve));
      throw new PutBack();
    });
    const job = await queue.add('any', {});
    await until(() => begun.length > 0, { what: 'the job being taken' });

    await first.close();

    expect(await job.getState()).toBe('waiting');
    const done: string[] = [];
    take(async ({ id }) => {
      done.push(id);
    });
    await until(() => done.length > 0, { what: 'the job being taken again' });
    expect(done).toEqual(begun);
  });

  it('stay when their work rejects, and go when they are collected', async () => {
    take(() => Promise.reject(new Error('a bug')));
    const job = await queue.add('any', { n: 1 });
    await until(() => job.isFailed(), { what: 'the job having failed' });
    const kept: unknown[] = [];

    await new FailedJobs(backend).collect(QUEUE, async (failed) => {
      kept.push(failed);
    });

    expect(kept).toEqual([{ id: job.id, name: 'any', body: { n: 1 }, reason: 'a bug' }]);
    expect(await job.getState()).toBe('unknown');
  });

  it('are still there when their collector could not keep them', async () => {
    take(() => Promise.reject(new Error('a bug')));
    const job = await queue.add('any', {});
    await until(() => job.isFailed(), { what: 'the job having failed' });

    const collected = new FailedJobs(backend).collect(QUEUE, () => Promise.reject(new Error('no room')));

    await expect(collected).rejects.toThrow('no room');
    expect(await job.isFailed()).toBe(true);
  });
});
