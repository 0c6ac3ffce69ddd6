import request from 'supertest';
import { aTool } from '../../../../test/support/builders';
import { TestCoordinator } from '../../../../test/support/coordinator';
import { PostgresCluster } from '../../../../test/support/postgres-cluster';
import { POSTGRES_URL_VARIABLE } from '../../../../test/support/start-services';

describe('a coordinator whose database is away', () => {
  it('answers 503 and when to come back, to known and unknown keys, and says that it is not ready', async () => {
    const shared = process.env[POSTGRES_URL_VARIABLE];
    const cluster = await PostgresCluster.start();
    process.env[POSTGRES_URL_VARIABLE] = cluster.url;
    const coordinator = await TestCoordinator.start().finally(() => {
      process.env[POSTGRES_URL_VARIABLE] = shared;
    });
    const key = await coordinator.key();
    const call = (path: string, who: string) =>
      request(coordinator.server).get(path).set('authorization', `Bearer ${who}`);
    await request(coordinator.server)
      .put('/v1/tools/bank.pay')
      .set('authorization', `Bearer ${key}`)
      .send(aTool('bank.pay', 'keyed', 'http://127.0.0.1:1'))
      .expect(200);

    await cluster.stop();

    for (const [path, who] of [
      ['/v1/tasks', key],
      ['/v1/workers', key],
      ['/v1/tools/bank.pay', 'another'],
    ] as const) {
      const answer = await call(path, who);
      expect([path, answer.status, answer.body.code, answer.body.retryable]).toEqual([
        path,
        503,
        'database_unavailable',
        true,
      ]);
      expect(answer.headers['retry-after']).toBe('1');
    }
    await coordinator.abandon();
  }, 60_000);
});
