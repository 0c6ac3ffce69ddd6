import { freshDatabase, type TestDatabase } from '../../../test/support/database';
import { Database } from './database';
import { DatabaseUnavailable, DataRefused, RowsContended, StatementTimeout } from './database-faults';
import { GroupCommit } from './group-commit';

let test: TestDatabase;
let database: Database;
beforeEach(async () => {
  test = await freshDatabase();
  database = new Database({ url: test.url, name: 'test' });
});
afterEach(async () => {
  await database.close();
  await test.drop();
});

const INSERT = {
  name: 'test.insert',
  text: 'insert into tenant (id, name) select i, i from unnest($1::text[]) as i returning id',
};

describe('the database', () => {
  it('says which rule refused a value', async () => {
    await database.query(INSERT, [['one']]);

    const again = database.query(INSERT, [['one']]);

    await expect(again).rejects.toMatchObject({ code: 'DATA_REFUSED', sqlState: '23505', constraint: 'tenant_pkey' });
    await expect(again).rejects.toBeInstanceOf(DataRefused);
  });

  it('gives up rows that somebody else holds, instead of waiting', async () => {
    await test.client.query("begin; update tenant set name = 'mine' where id = 'default'");

    const other = database.query({ name: 'test.update', text: "update tenant set name = 'ours' where id = 'default'" });

    await expect(other).rejects.toBeInstanceOf(RowsContended);
    await test.client.query('rollback');
  });

  it('survives the loss of its connections, and says so', async () => {
    await database.ping();
    const sleeping = database.query({ name: 'test.sleep', text: 'select pg_sleep(9)' });
    const lost = expect(sleeping).rejects.toBeInstanceOf(DatabaseUnavailable);

    await test.client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'muster test' and datname = current_database()",
    );

    await lost;
    await database.ping();
  });

  it('gives a statement the time that it is told, and the next one its own again', async () => {
    await database.close();
    database = new Database({ url: test.url, name: 'test', poolMax: 1 });
    const limit = { name: 'test.limit', text: "select current_setting('statement_timeout') as ms" };
    const sleep = { name: 'test.sleep', text: 'select pg_sleep(9)' };

    await expect(database.queryWithin(50, sleep)).rejects.toBeInstanceOf(StatementTimeout);

    expect(await database.queryWithin(60_000, limit)).toEqual([{ ms: '1min' }]);
    expect(await database.query(limit)).toEqual([{ ms: '10s' }]);
  });

  it('reads rows by their types', async () => {
    expect(await database.prisma.tenant.findMany()).toMatchObject([{ id: 'default', name: 'Default' }]);
  });
});

describe('a group commit', () => {
  it('commits what it can and refuses the culprit alone', async () => {
    const commit = new GroupCommit<string, string>({ name: 'test', maxBatch: 64 }, async (ids) => {
      await database.query(INSERT, [ids]);
      return ids;
    });

    const results = await Promise.allSettled(['a', 'b', 'default', 'c'].map((id) => commit.add(id)));

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect((await test.client.query('select id from tenant order by id')).rows.map(({ id }) => id)).toEqual([
      'a',
      'b',
      'c',
      'default',
    ]);
  });
});
