import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freshDatabase, type TestDatabase } from '../../../test/support/database';
import { MigrationChanged, migrate, migrationsFolder } from './migrate';

let test: TestDatabase;
let folder: string;
beforeEach(async () => {
  test = await freshDatabase();
  folder = mkdtempSync(join(tmpdir(), 'muster-migrations-'));
  cpSync(migrationsFolder(), folder, { recursive: true });
});
afterEach(async () => {
  await test.drop();
  rmSync(folder, { recursive: true, force: true });
});

const addMigration = (name: string, sql: string): void => {
  cpSync(join(folder, '20261121000000_ledger'), join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'migration.sql'), sql);
};

describe('a database that is up to date', () => {
  it('is left as it is', async () => {
    expect(await migrate(test.url, folder)).toEqual([]);
  });

  it('is refused when a migration was changed afterwards', async () => {
    writeFileSync(join(folder, '20261121000000_ledger', 'migration.sql'), 'select 1');

    await expect(migrate(test.url, folder)).rejects.toBeInstanceOf(MigrationChanged);
  });
});

describe('a new migration', () => {
  it('is applied once, however many processes start at the same moment', async () => {
    addMigration('29990101000000_more', 'create table more (id integer)');

    const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(test.url, folder)));

    expect(applied.flat()).toEqual(['29990101000000_more']);
  });

  it('leaves nothing behind when it fails', async () => {
    addMigration('29990101000000_broken', 'create table more (id integer); select no_such_function()');

    await expect(migrate(test.url, folder)).rejects.toThrow(/29990101000000_broken/);

    expect((await test.client.query("select to_regclass('more') as found")).rows[0].found).toBeNull();
  });
});

describe('several empty databases of one cluster', () => {
  it('can be migrated at the same moment, although roles belong to all of them', async () => {
    const names = [1, 2, 3].map((n) => `${new URL(test.url).pathname.slice(1)}_${n}`);
    for (const name of names) await test.client.query(`create database ${name}`);
    const urls = names.map((name) => new URL(`/${name}`, test.url).href);

    const applied = await Promise.all(urls.map((url) => migrate(url)));

    expect(applied.every(({ length }) => length > 0)).toBe(true);
    for (const name of names) await test.client.query(`drop database ${name} with (force)`);
  });
});

describe('the roles', () => {
  const DENIED = '42501';
  const as = async (role: string, sql: string): Promise<string> => {
    const client = new Client({ connectionString: test.url, options: `-c role=muster_${role}` });
    await client.connect();
    return client
      .query(sql)
      .then(
        () => 'allowed',
        (error: { code: string }) => error.code,
      )
      .finally(() => client.end());
  };

  it.each([
    ['executor', "update task set state = 'failed'"],
    ['executor', 'update step set epoch = 9'],
    [
      'executor',
      "insert into event (task_id, seq, tenant_id, type, at, data, hash) values (gen_random_uuid(), 1, 'x', 'x', now(), '{}', '')",
    ],
    ['executor', 'delete from operation'],
    ['coordinator', 'update operation set request = null'],
    ['coordinator', 'update operation set worker_id = gen_random_uuid()'],
    ['coordinator', 'delete from task'],
    ['coordinator', "update event set data = '{}'"],
    ['verifier', "update step set state = 'succeeded'"],
    ['verifier', "update operation set state = 'succeeded'"],
    ['planner', "update task set state = 'failed'"],
    ['console', "update worker set state = 'dead'"],
  ])('%s may not: %s', async (role, sql) => {
    expect(await as(role, sql)).toBe(DENIED);
  });

  it.each([
    ['executor', 'select id from task for key share'],
    ['executor', 'select id from step for no key update'],
    ['executor', "update operation set state = 'unknown'"],
    ['coordinator', "update operation set state = 'unknown'"],
    ['coordinator', 'select id from task for update'],
    ['console', 'select key_hash from api_key'],
  ])('%s may: %s', async (role, sql) => {
    expect(await as(role, sql)).toBe('allowed');
  });
});
