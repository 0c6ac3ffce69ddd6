import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '@muster/domain';
import { Client } from 'pg';

// The lock that Prisma's own `migrate deploy` takes, so that the two exclude each other.
const PRISMA_MIGRATE_LOCK = 72_707_369;

// Exactly Prisma's table, so that `prisma migrate status` and `deploy` understand what was applied here.
const JOURNAL = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** A migration that was applied earlier has other text now: the database and the code have parted. */
export class MigrationChanged extends Fault {
  readonly code = 'MIGRATION_CHANGED';
  readonly retryable = false;
  constructor(name: string) {
    super(
      `The migration ${name} was changed after it had been applied.`,
      'Put its text back and write a new migration.',
    );
  }
}

/** Brings the schema up to date; answers the names of what it applied. Several processes may call it at once. */
export async function migrate(url: string, folder = migrationsFolder()): Promise<string[]> {
  const client = new Client({
    connectionString: url,
    application_name: 'muster migrate',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1::bigint)', [PRISMA_MIGRATE_LOCK]);
    return await applyPending(client, readMigrations(folder));
  } finally {
    await client.end();
  }
}

async function applyPending(client: Client, migrations: readonly Migration[]): Promise<string[]> {
  await client.query(JOURNAL);
  const applied = await appliedChecksums(client);
  const names: string[] = [];
  for (const migration of migrations) {
    const checksum = applied.get(migration.name);
    if (checksum !== undefined && checksum !== migration.checksum) throw new MigrationChanged(migration.name);
    if (checksum !== undefined) continue;
    await apply(client, migration);
    names.push(migration.name);
  }
  return names;
}

async function appliedChecksums(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ migration_name: string; checksum: string }>(
    'select migration_name, checksum from _prisma_migrations where finished_at is not null and rolled_back_at is null',
  );
  return new Map(rows.map((row) => [row.migration_name, row.checksum]));
}

async function apply(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query(
      'insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) values ($1, $2, $3, clock_timestamp(), 1)',
      [randomUUID(), checksum, name],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`The migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  return names.sort().map((name) => {
    const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8');
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
  });
}

/** `prisma/migrations` of the project, found from the sources as well as from `dist/`. */
export function migrationsFolder(from = __dirname): string {
  const folder = join(from, 'prisma', 'migrations');
  if (existsSync(folder)) return folder;
  const parent = dirname(from);
  if (parent === from) throw new Error('There is no folder prisma/migrations above this file.');
  return migrationsFolder(parent);
}
