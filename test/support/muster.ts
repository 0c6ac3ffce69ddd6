import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MusterClient, type Worker } from '@muster/client';
import { freshDatabase, type TestDatabase } from './database';
import { expectNoBreach } from './invariants';
import { until } from './until';

const SUPERVISOR = join(__dirname, '../../dist/apps/supervisor/src/main.js');
const START_DEADLINE_MS = 30_000;
const OUTPUT_LINES_KEPT = 200;

interface MusterOptions {
  /** Queues on this Redis; without it on the database, as in the embedded profile. */
  readonly redisUrl?: string;
  /** Settings past the ones below, by their names in the environment. */
  readonly env?: Record<string, string>;
}

/** The real services as child processes of the real supervisor, from dist/, with a database of their own. */
export class Muster {
  private constructor(
    readonly client: MusterClient,
    readonly database: TestDatabase,
    private readonly supervisor: ChildProcess,
    private readonly folder: string,
    private readonly output: string[],
  ) {}

  static async start({ redisUrl, env = {} }: MusterOptions = {}): Promise<Muster> {
    const database = await freshDatabase();
    const folder = mkdtempSync(join(tmpdir(), 'muster-e2e-'));
    const settings = {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      MUSTER_DATA_DIR: folder,
      MUSTER_PORT: '0',
      MUSTER_CONSOLE_PORT: '0',
      ...(redisUrl && { REDIS_URL: redisUrl, QUEUE_PREFIX: folder.split('-').at(-1) ?? 'e2e' }),
    };
    const supervisor = spawn(process.execPath, [SUPERVISOR], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = keepOutput(supervisor);
    const { url, key } = await connectionOf(folder, supervisor, output);
    return new Muster(new MusterClient({ url, key }), database, supervisor, folder, output);
  }

  /** The living workers of a service, as the API shows them. */
  async workers(service: string): Promise<Worker[]> {
    const found: Worker[] = [];
    for await (const worker of this.client.workers()) {
      if (worker.service === service && worker.state !== 'dead') found.push(worker);
    }
    return found;
  }

  /** Ends every process of a service as a crash would; the supervisor reports the end and starts it again. */
  async kill(service: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    for (const { pid } of await this.workers(service)) process.kill(pid, signal);
  }

  /** Stops the services, asks every invariant, and leaves nothing behind. */
  async stop(): Promise<void> {
    await this.stopProcesses();
    try {
      await expectNoBreach(this.database.client);
    } finally {
      await this.database.drop();
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  /** The last lines that the services wrote. */
  log(): string {
    return this.output.join('\n');
  }

  private async stopProcesses(): Promise<void> {
    if (this.supervisor.exitCode !== null || this.supervisor.signalCode !== null) return;
    const ended = once(this.supervisor, 'exit');
    this.supervisor.kill('SIGTERM');
    await ended;
  }
}

function keepOutput(child: ChildProcess): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      lines.push(...String(chunk).trimEnd().split('\n'));
      lines.splice(0, lines.length - OUTPUT_LINES_KEPT);
    });
  }
  return lines;
}

/** The file that the supervisor writes once every service can take work. */
async function connectionOf(
  folder: string,
  supervisor: ChildProcess,
  output: string[],
): Promise<{ url: string; key: string }> {
  const file = join(folder, 'connection.json');
  await until(() => existsSync(file) || supervisor.exitCode !== null, {
    what: 'the services being ready',
    deadlineMs: START_DEADLINE_MS,
  }).catch((error) => {
    supervisor.kill('SIGKILL');
    throw new Error(`${String(error)}\n${output.join('\n')}`);
  });
  if (!existsSync(file)) throw new Error(`The supervisor ended at its start:\n${output.join('\n')}`);
  return JSON.parse(readFileSync(file, 'utf8')) as { url: string; key: string };
}
