import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '@muster/persistence';
import { Client } from 'pg';
import { POSTGRES_URL_VARIABLE } from './start-services';

const MIGRATIONS = join(__dirname, '../../prisma/migrations');

export interface TestDatabase {
  readonly url: string;
  /** A plain client of the migrating user, for what a test has to see or bring about past the services. */
  readonly client: Client;
  drop(): Promise<void>;
}

/** A migrated database of one's own: a clone of the template, made in some 30 ms. */
export async function freshDatabase(): Promise<TestDatabase> {
  const template = await migratedTemplate();
  const name = `t_${randomBytes(6).toString('hex')}`;
  await asOwner((owner) => owner.query(`create database ${name} template ${template}`));
  const url = urlOf(name);
  const client = new Client({ connectionString: url });
  // Dropping a database that somebody still uses cuts this connection: no reason to end the test run.
  client.on('error', () => undefined);
  await client.connect();
  const drop = async () => {
    await client.end();
    await asOwner((owner) => owner.query(`drop database if exists ${name} with (force)`));
  };
  return { url, client, drop };
}

/** Made once a run by whichever test comes first; its name carries the migrations' hash, so it is never stale. */
async function migratedTemplate(): Promise<string> {
  const name = `template_${migrationsHash()}`;
  await asOwner(async (owner) => {
    await owner.query("select pg_advisory_lock(hashtext('muster-test-template'))");
    const { rowCount } = await owner.query('select from pg_database where datname = $1', [name]);
    if (rowCount) return;
    await owner.query(`create database ${name}_new`);
    await migrate(urlOf(`${name}_new`));
    await owner.query(`alter database ${name}_new rename to ${name}`);
  });
  return name;
}

function migrationsHash(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(MIGRATIONS, { recursive: true, encoding: 'utf8' }).sort()) {
    if (file.endsWith('.sql')) hash.update(file).update(readFileSync(join(MIGRATIONS, file)));
  }
  return hash.digest('hex').slice(0, 12);
}

async function asOwner<T>(work: (owner: Client) => Promise<T>): Promise<T> {
  const owner = new Client({ connectionString: urlOf('postgres') });
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end();
  }
}

function urlOf(database: string): string {
  const server = process.env[POSTGRES_URL_VARIABLE];
  if (!server)
    throw new Error('No Postgres for this test: it belongs in test/integration, test/e2e or a *.int.spec.ts.');
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
