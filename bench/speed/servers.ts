import { PostgresCluster } from '../../test/support/postgres-cluster';
import { RedisServer } from '../../test/support/redis-server';
import { POSTGRES_URL_VARIABLE, REDIS_URL_VARIABLE } from '../../test/support/start-services';

/** As the peers' harness sets its own Postgres; everything that guards what was committed is on. */
const POSTGRES_SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '512MB',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'all',
};

/** One Postgres and one Redis, for Muster and for every peer of the run. */
export interface Servers {
  readonly postgres: PostgresCluster;
  readonly redis: RedisServer;
}

export async function startServers(): Promise<Servers> {
  const [postgres, redis] = await Promise.all([
    PostgresCluster.start({ durable: true, settings: POSTGRES_SETTINGS }),
    RedisServer.start({ durable: true }),
  ]);
  process.env[POSTGRES_URL_VARIABLE] = postgres.url;
  process.env[REDIS_URL_VARIABLE] = redis.url;
  return { postgres, redis };
}

export async function stopServers({ postgres, redis }: Servers): Promise<void> {
  await Promise.all([postgres.stop(), redis.stop()]);
}

/** What run.sh and the driver read, so that they use these servers instead of starting their own. */
export function addressesOf({ postgres, redis }: Servers): Record<string, string> {
  const { port, password } = new URL(postgres.url);
  return {
    PEERS_PG_PORT: port,
    PEERS_PG_URL: postgres.url,
    // run.sh writes an address without a password; every client library takes it from here.
    PGPASSWORD: password,
    PEERS_REDIS_PORT: String(redis.port),
    PEERS_REDIS_URL: redis.url,
  };
}
