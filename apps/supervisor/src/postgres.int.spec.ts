import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database } from '@muster/persistence';
import { EmbeddedPostgres } from './postgres';
import { postgresHome } from './postgres-home';
import { isRunning } from './process-end';
import { readSettings } from './settings';

// Two starts of a real server, on whatever machine this is.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-embedded-'));
  // Open to the account that Postgres runs as, when the tests run as root.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'logs'));
});
afterEach(() => {
  const home = join(folder, 'postgres');
  if (lstatSync(home).isSymbolicLink()) rmSync(realpathSync(home), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

const start = () => EmbeddedPostgres.start(readSettings({ MUSTER_DATA_DIR: folder }), () => undefined);
const pidOf = () => Number(readFileSync(join(postgresHome(folder).data, 'postmaster.pid'), 'utf8').split('\n')[0]);

async function ask<R extends object>(url: string, text: string): Promise<R[]> {
  const database = new Database({ url, name: 'test', poolMax: 1 });
  return await database.query<R>({ name: 'test.ask', text }).finally(() => database.close());
}

describe('the embedded Postgres', () => {
  it('keeps its data from one start to the next, and never risks them', async () => {
    const first = await start();
    await ask(
      first.url,
      "create table kept as select current_setting('fsync') || current_setting('synchronous_commit') || current_setting('full_page_writes') as settings",
    );
    await first.stop();

    const second = await start();

    expect(await ask(second.url, 'select settings from kept')).toEqual([{ settings: 'ononon' }]);
    await second.stop();
  });

  it('starts although one that a killed supervisor left still runs on its data', async () => {
    await start();
    const leftover = pidOf();

    const second = await start();

    expect(isRunning(leftover)).toBe(false);
    await ask(second.url, 'select 1');
    await second.stop();
    expect(existsSync(join(postgresHome(folder).data, 'postmaster.pid'))).toBe(false);
  });
});

describe('a data folder that the account of Postgres cannot reach', () => {
  it('gets its Postgres all the same, and finds it again', async () => {
    chmodSync(folder, 0o700);
    const first = await start();
    await ask(first.url, 'create table kept ()');
    await first.stop();

    const second = await start();

    await ask(second.url, 'select from kept');
    await second.stop();
  });
});
