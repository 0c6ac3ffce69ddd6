import { PrismaPg } from '@prisma/adapter-pg';
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { classifyDatabaseError, DatabaseUnavailable } from './database-faults';
import { PrismaClient } from './generated/client';

/** A statement with a name: Postgres parses it once per connection, and logs and metrics can say which it was. */
export interface NamedSql {
  readonly name: string;
  readonly text: string;
}

/** The services that have a Postgres role of their own, `muster_<service>`. */
export type DatabaseRole = 'coordinator' | 'planner' | 'executor' | 'verifier' | 'console';

export interface DatabaseOptions {
  readonly url: string;
  /** Shown in pg_stat_activity as `muster <name>`. */
  readonly name: string;
  /** Which grants the connections have; without it those of the login itself. */
  readonly role?: DatabaseRole;
  readonly poolMax?: number;
  /** Called for a connection that broke while nobody used it. */
  readonly onIdleError?: (error: Error) => void;
}

const LOCK_TIMEOUT_MS = 1_000;
// A transaction that its process forgot must not hold rows.
const IDLE_IN_TRANSACTION_MS = 5_000;
const STATEMENT_MS_MAX = 10_000;
// Only a connection that is half open takes longer than the server allows itself.
const ANSWER_GRACE_MS = 2_000;
const ANSWER_MS_MAX = STATEMENT_MS_MAX + ANSWER_GRACE_MS;
const CONNECT_MS_MAX = 5_000;

/** How a process of Muster connects, be it through the pool or with a connection of its own. */
export function connectionSettings({ url, name, role }: DatabaseOptions): PoolConfig {
  const settings = [
    `lock_timeout=${LOCK_TIMEOUT_MS}`,
    `idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_MS}`,
    `statement_timeout=${STATEMENT_MS_MAX}`,
    // The server, too, must notice that a connection is half open, and let go of what its session holds.
    'tcp_keepalives_idle=10',
    'tcp_keepalives_interval=5',
    'tcp_keepalives_count=3',
    // The statements are long and always the same, their rows always few and found by id: planning them anew costs more
    // than running them. Without sequential scans the plan made on empty tables is still right when they are full.
    'plan_cache_mode=force_generic_plan',
    'enable_seqscan=off',
    'jit=off',
    ...(role ? [`role=muster_${role}`] : []),
  ];
  return {
    connectionString: url,
    application_name: `muster ${name}`,
    options: settings.map((setting) => `-c ${setting}`).join(' '),
    query_timeout: ANSWER_MS_MAX,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  };
}

/** One pool of connections to the truth. Every rejection is one of the faults of database-faults.ts, or a bug. */
export class Database {
  readonly pool: Pool;
  private client: PrismaClient | undefined;

  constructor(readonly options: DatabaseOptions) {
    this.pool = new Pool({ ...connectionSettings(options), max: options.poolMax ?? 10, idleTimeoutMillis: 60_000 });
    // Without a listener a restart of Postgres would end this process.
    this.pool.on('error', (error) => options.onIdleError?.(error));
    // Nor may one that is ended in the very moment in which it goes from the pool to whoever asked for it: the pool no
    // more listens to it then, and nobody else does yet. Its first query says what is wrong.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Typed reads. Their errors are Prisma's own; hot paths and writes use `query`. */
  get prisma(): PrismaClient {
    this.client ??= new PrismaClient({ adapter: new PrismaPg(this.pool, { statementNameGenerator: nameOf }) });
    return this.client;
  }

  /** Runs one statement, prepared by its name, in a transaction of its own. */
  async query<R extends object>(sql: NamedSql, values: readonly unknown[] = []): Promise<R[]> {
    return this.with(sql.name, (client) => run<R>(client, sql, values));
  }

  /** The same for the rare statement that may take longer than others: so many milliseconds. */
  async queryWithin<R extends object>(ms: number, sql: NamedSql, values: readonly unknown[] = []): Promise<R[]> {
    return this.with(sql.name, async (client) => {
      await client.query('begin');
      try {
        await client.query(`set local statement_timeout = ${ms}`);
        const rows = await run<R>(client, sql, values, ms + ANSWER_GRACE_MS);
        await client.query('commit');
        return rows;
      } catch (error) {
        await client.query('rollback').catch(() => undefined);
        throw error;
      }
    });
  }

  /** Resolves when Postgres answers. */
  async ping(): Promise<void> {
    await this.query({ name: 'database.ping', text: 'select 1' });
  }

  async close(): Promise<void> {
    await this.client?.$disconnect();
    if (!this.pool.ended) await this.pool.end();
  }

  private async with<T>(statement: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.connect();
    let broken: Error | undefined;
    // Emitted once more, after the query's own rejection, when the connection breaks while it is checked out.
    const note = (error: Error): void => {
      broken = error;
    };
    client.on('error', note);
    try {
      return await work(client);
    } catch (error) {
      const fault = classifyDatabaseError(error, statement);
      if (fault instanceof DatabaseUnavailable) broken = fault;
      throw fault;
    } finally {
      client.off('error', note);
      client.release(broken);
    }
  }

  private async connect(): Promise<PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw classifyDatabaseError(error, 'connect');
    }
  }
}

async function run<R extends object>(
  client: PoolClient,
  { name, text }: NamedSql,
  values: readonly unknown[],
  answerMsMax: number = ANSWER_MS_MAX,
): Promise<R[]> {
  // The types of pg leave out the timeout that a single query may have.
  const query = { name, text, values: [...values], query_timeout: answerMsMax };
  return (await client.query<R>(query)).rows;
}

// Prisma's statements have no names; their text is one, and the same text comes again and again.
const names = new Map<string, string>();
const NAMES_MAX = 1_000;
function nameOf({ sql }: { sql: string }): string {
  const known = names.get(sql);
  if (known) return known;
  if (names.size >= NAMES_MAX) return '';
  const name = `prisma.${names.size}`;
  names.set(sql, name);
  return name;
}
