import { isAbsolute, join, resolve } from 'node:path';
import { QUEUE_PREFIX } from '@muster/chassis';
import { projectRoot } from './project-root';

/** What the embedded profile reads from its environment; everything else it hands on to the services. */
export interface Settings {
  /** The project, where dist/ and node_modules/ lie. */
  readonly root: string;
  /** Data, logs and connection.json. */
  readonly folder: string;
  readonly logs: string;
  /** Given: that Postgres is used, and none is started. */
  readonly databaseUrl?: string;
  /** Given: the queues are there; absent: in Postgres. */
  readonly redisUrl?: string;
  readonly queuePrefix: string;
  /** 0: any free one. */
  readonly postgresPort: number;
  readonly production: boolean;
}

export function readSettings(env: NodeJS.ProcessEnv, cwd = process.cwd()): Settings {
  const root = projectRoot();
  const given = env.MUSTER_DATA_DIR || join(root, '.muster');
  const folder = isAbsolute(given) ? given : resolve(cwd, given);
  return {
    root,
    folder,
    logs: join(folder, 'logs'),
    databaseUrl: env.DATABASE_URL || undefined,
    redisUrl: env.REDIS_URL || undefined,
    queuePrefix: env.QUEUE_PREFIX || QUEUE_PREFIX,
    postgresPort: portOf(env.MUSTER_PG_PORT),
    production: env.NODE_ENV === 'production',
  };
}

function portOf(text = '0'): number {
  const port = Number(text || 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`MUSTER_PG_PORT is '${text}'; it must be a port.`);
  return port;
}
