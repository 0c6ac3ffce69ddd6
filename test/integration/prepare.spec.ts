import type { JsonValue } from '@muster/domain';
import { Database, type NamedSql, PlanCache } from '@muster/persistence';
import request from 'supertest';
import { WorkLoader } from '../../apps/executor/src/work.loader';
import { aTool } from '../support/builders';
import { TestCoordinator } from '../support/coordinator';

const PLAN = {
  steps: ['a', 'b', 'c'].map((id) => ({ id, tool: 'desk.read', input: { for: `\${{ input.who }}` } })),
};

/** Notes how many of the rows of each statement carry an input. */
class Listening extends Database {
  readonly inputs: number[] = [];

  override async query<R extends object>(sql: NamedSql, values: readonly unknown[] = []): Promise<R[]> {
    const rows = await super.query<R>(sql, values);
    if (sql.name === 'ledger.prepare')
      this.inputs.push(rows.filter((row) => (row as { input: unknown }).input !== null).length);
    return rows;
  }
}

let coordinator: TestCoordinator;
let database: Listening;
let authorization: string;
beforeAll(async () => {
  coordinator = await TestCoordinator.start();
  database = new Listening({ url: coordinator.database.url, name: 'test' });
  authorization = `Bearer ${await coordinator.key()}`;
  await request(coordinator.server)
    .put('/v1/tools/desk.read')
    .set({ authorization })
    .send(aTool('desk.read', 'none', 'http://127.0.0.1:9/'))
    .expect(({ status }) => expect(status).toBeLessThan(300));
}, 60_000);
afterAll(async () => {
  await database.close();
  await coordinator.stop();
});

async function submit(input: JsonValue): Promise<void> {
  const answer = await request(coordinator.server)
    .post('/v1/tasks')
    .set({ authorization })
    .send({ plan: PLAN, input: input as object });
  expect(answer.status).toBe(202);
}

describe('what an executor reads of the steps it was woken for', () => {
  it('has the input of each task once, and every one of its runs is worked on with it', async () => {
    await submit({ who: 'Ada' });
    await submit({ who: 'Grace' });
    const { rows } = await coordinator.database.client.query(
      `select s.id, s.epoch, t.input from step s join task t on t.id = s.task_id where s.state = 'dispatched'`,
    );
    const loader = new WorkLoader(database, new PlanCache(database));

    const works = await Promise.all(rows.map(({ id, epoch }) => loader.load([{ id, epoch }])));

    expect(rows).toHaveLength(6);
    expect(works.map((work) => work?.scope.input)).toEqual(rows.map(({ input }) => JSON.parse(input)));
    expect(database.inputs).toEqual([2]);
  });
});
