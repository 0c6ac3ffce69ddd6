import { ChassisModule, Log, loadConfig } from '@muster/chassis';
import { QUEUES } from '@muster/contracts';
import { newUuid } from '@muster/domain';
import { Doorbells, QueueBackend } from '@muster/messaging';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { freshDatabase, type TestDatabase } from '../../../test/support/database';
import { ringJobs } from '../../../test/support/ring-jobs';
import { until } from '../../../test/support/until';
import { PlannerModule } from './planner.module';

let database: TestDatabase;
let app: INestApplicationContext;

beforeAll(async () => {
  database = await freshDatabase();
  await new QueueBackend({ databaseUrl: database.url }).migrate();
  const config = loadConfig({ NODE_ENV: 'test', DATABASE_URL: database.url });
  app = await (
    await Test.createTestingModule({
      imports: [ChassisModule.with(config, new Log('test', 'silent')), PlannerModule],
    }).compile()
  ).init();
});
afterAll(async () => {
  await database?.drop();
});

describe('a planner', () => {
  it('drops a job whose step is not there, so that it does not come again', async () => {
    ringJobs(app.get(Doorbells), QUEUES.planner, [
      { name: 'plan', id: `p-${newUuid()}`, data: { steps: [{ id: newUuid(), epoch: 0 }] } },
    ]);
    await app.get(Doorbells).settled();

    const depth = await until(async () =>
      (await app.get(Doorbells).depths([QUEUES.planner])).find((one) => one.waiting + one.active === 0),
    );

    expect(depth).toMatchObject({ failed: 0 });
  });

  it('is known as a worker until it leaves, and its clean exit is seen', async () => {
    const worker = async () =>
      (await database.client.query(`select state, end_kind from worker where service = 'planner'`)).rows[0];
    expect(await worker()).toMatchObject({ state: 'ready' });

    await app.close();

    expect(await worker()).toMatchObject({ state: 'dead', end_kind: 'exit' });
  });
});
