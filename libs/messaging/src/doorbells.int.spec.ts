import { Log } from '@muster/chassis';
import { IsInt } from 'class-validator';
import { freshDatabase, type TestDatabase } from '../../../test/support/database';
import { RedisServer } from '../../../test/support/redis-server';
import { ringJobs } from '../../../test/support/ring-jobs';
import { until } from '../../../test/support/until';
import { QueueBackend } from './backend';
import { Consumers } from './consumer';
import { Doorbells } from './doorbells';

class Ring {
  @IsInt() step: number;
}

const log = new Log('test', 'silent');
const QUEUE = 'test-executor';
const ring = (doorbells: Doorbells, ...steps: unknown[]): void =>
  ringJobs(
    doorbells,
    QUEUE,
    steps.map((step) => ({ name: 'run', data: { step }, id: `step-${step}-0` })),
  );

describe.each(['redis', 'postgres'] as const)('queues on %s', (kind) => {
  let test: TestDatabase;
  let redis: RedisServer | undefined;
  let backend: QueueBackend;
  let doorbells: Doorbells;
  let consumers: Consumers;
  beforeEach(async () => {
    test = await freshDatabase();
    redis = kind === 'redis' ? await RedisServer.start() : undefined;
    backend = new QueueBackend({ redisUrl: redis?.url, databaseUrl: test.url, prefix: 'test' });
    await backend.migrate();
    doorbells = new Doorbells(backend, log);
    consumers = new Consumers(backend, log);
    // A producer fails rather than waits, so the first ring of all may come before its connection.
    await until(
      () =>
        doorbells.depths([QUEUE]).then(
          () => true,
          () => false,
        ),
      { what: 'the queue being there' },
    );
  });
  afterEach(async () => {
    await consumers.onModuleDestroy();
    await doorbells.onApplicationShutdown();
    await redis?.stop();
    await test.drop();
  });

  const listen = (): number[] => {
    const steps: number[] = [];
    consumers.consume(QUEUE, { concurrency: 8, message: Ring }, async ({ step }) => {
      steps.push(step);
    });
    return steps;
  };

  it('bring every message once, in the order of their rings', async () => {
    ring(doorbells, 1, 2, 3);

    const steps = listen();

    await until(() => steps.length >= 3, { what: 'three messages' });
    expect(steps).toEqual([1, 2, 3]);
  });

  it('drop a message that breaks its rules, and go on', async () => {
    const steps = listen();

    ring(doorbells, 'forged', 4);

    await until(() => steps.length > 0, { what: 'the good message' });
    expect(steps).toEqual([4]);
  });

  it('show how deep they are', async () => {
    ring(doorbells, 1, 2);
    await doorbells.settled();

    expect(await doorbells.depths([QUEUE])).toEqual([{ queue: QUEUE, waiting: 2, active: 0, delayed: 0, failed: 0 }]);
  });

  it('keep nothing of a job that is done', async () => {
    const steps = listen();
    ring(doorbells, 1);
    await until(() => steps.length === 1, { what: 'the message' });

    // The same id again: a queue that remembered the first would drop this one silently.
    await until(
      async () => {
        ring(doorbells, 1);
        await doorbells.settled();
        return steps.length >= 2;
      },
      { what: 'the same ring again' },
    );
  });
});

describe('a Redis that is away', () => {
  it('costs nobody anything but the ring', async () => {
    const redis = await RedisServer.start();
    const backend = new QueueBackend({ redisUrl: redis.url, databaseUrl: '' });
    const doorbells = new Doorbells(backend, log);
    await until(
      () =>
        doorbells.depths([QUEUE]).then(
          () => true,
          () => false,
        ),
      { what: 'the queue being there' },
    );
    await redis.kill();

    // Nothing to await: whoever rings has committed already and goes on.
    expect(ring(doorbells, 1)).toBeUndefined();
    await doorbells.settled();
    await doorbells.onApplicationShutdown();
    await redis.stop();
  });

  it('is found again when it is back on the same address, empty', async () => {
    const first = await RedisServer.start();
    const backend = new QueueBackend({ redisUrl: first.url, databaseUrl: '' });
    const doorbells = new Doorbells(backend, log);
    const consumers = new Consumers(backend, log);
    const steps: number[] = [];
    consumers.consume(QUEUE, { concurrency: 1, message: Ring }, async ({ step }) => {
      steps.push(step);
    });
    await first.stop();
    const second = await RedisServer.start({ port: first.port });

    let step = 0;
    await until(
      async () => {
        ring(doorbells, ++step);
        await doorbells.settled();
        return steps.length > 0;
      },
      { what: 'a message through the new Redis' },
    );

    await consumers.onModuleDestroy();
    await doorbells.onApplicationShutdown();
    await second.stop();
  });
});
