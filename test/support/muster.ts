import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type ParentMessage, STRUCK, SUPERVISED_VARIABLE } from '@muster/chassis';
import { MusterClient, type TaskRequest } from '@muster/client';
import type { PlanDocument, ToolContract } from '@muster/domain';
import { Pool } from 'pg';
import { aTask } from './builders';
import { freshDatabase, type TestDatabase } from './database';
import { expectNoBreach } from './invariants';
import { patiently } from './patiently';
import { RunningTask } from './running-task';
import { REDIS_URL_VARIABLE } from './start-services';
import { until } from './until';

const APPS = join(__dirname, '../../dist/apps');
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 15_000;
const OUTPUT_LINES_KEPT = 200;
const LOG_LINES_SHOWN = 15;
/** What the services may take to mend what they mend by themselves: the default lease and two sweeps. */
const MEND_WITHIN_MS = 11_000;
/** Sweeps follow each other quickly, so that a test of what only a sweep finds is short. */
const SWEEP_MS = '100';

/** Where the queues are: BullMQ's two backends. */
export type Queues = 'redis' | 'postgres';

interface MusterOptions {
  /** On the run's Redis, or on the database as in the embedded profile. */
  readonly queues?: Queues;
  /** A Redis of the test's own. */
  readonly redisUrl?: string;
  /** A database on a server of the test's own; without it a fresh one on the run's server. */
  readonly databaseUrl?: string;
  /** Where its files and logs lie; it stays after the stop. Without it a folder of the machine's that goes. */
  readonly folder?: string;
  /** The services' way to the database, e.g. through a proxy; the test keeps its own. */
  readonly through?: (url: string) => Promise<string>;
  /** Settings past the ones below, by their names in the environment. */
  readonly env?: Record<string, string>;
}

/** A process of a service, as its worker row shows it. */
export interface WorkerProcess {
  readonly id: string;
  readonly pid: number;
}

/** The real services as child processes of the real supervisor, from dist/, with a database of their own. */
export class Muster {
  readonly client: MusterClient;
  /** Somebody else, who may give permits. */
  readonly approver: MusterClient;
  readonly key: string;
  /** Past the services, with the rights of the migrating user. It survives a restart of Postgres. */
  readonly sql: Pool;
  private readonly extra: ChildProcess[] = [];
  /** Where those of them listen that can take work, by pid. */
  private readonly urls = new Map<number, string>();
  private readonly frozen = new Set<number>();
  private keepsFolder = false;

  private constructor(
    connection: Connection,
    private readonly supervisor: ChildProcess,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly output: string[],
    private readonly database: TestDatabase | undefined,
    databaseUrl: string,
  ) {
    this.client = new MusterClient(connection);
    this.approver = new MusterClient({ url: connection.url, key: connection.approverKey });
    this.key = connection.key;
    this.sql = new Pool({ connectionString: databaseUrl, max: 2 });
    this.sql.on('error', () => undefined);
  }

  static async start({ queues = 'redis', databaseUrl, env = {}, ...options }: MusterOptions = {}): Promise<Muster> {
    const redisUrl = options.redisUrl ?? (queues === 'redis' ? process.env[REDIS_URL_VARIABLE] : undefined);
    const database = databaseUrl ? undefined : await freshDatabase();
    const url = databaseUrl ?? database?.url ?? '';
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'muster-e2e-'));
    const settings = {
      NODE_ENV: 'test',
      DATABASE_URL: (await options.through?.(url)) ?? url,
      MUSTER_DATA_DIR: folder,
      MUSTER_PORT: '0',
      MUSTER_CONSOLE_PORT: '0',
      SWEEP_MS,
      EGRESS_ALLOW: '127.0.0.0/8',
      ...(redisUrl && { REDIS_URL: redisUrl, QUEUE_PREFIX: basename(folder).split('-').at(-1) ?? 'e2e' }),
      ...env,
    };
    const supervisor = spawnApp('supervisor', settings);
    const output = keepOutput(supervisor);
    const connection = await connectionOf(folder, supervisor, output);
    const muster = new Muster(connection, supervisor, settings, output, database, url);
    muster.keepsFolder = options.folder !== undefined;
    return muster;
  }

  async register(...contracts: readonly ToolContract[]): Promise<void> {
    for (const contract of contracts) await this.client.tools.put(contract);
  }

  async submit(plan: PlanDocument, given: Partial<TaskRequest> = {}): Promise<RunningTask> {
    const request = aTask(plan, given);
    const idempotencyKey = randomUUID();
    const { id } = await patiently(() => this.client.tasks.submit(request, { idempotencyKey }));
    return this.task(id);
  }

  task(id: string): RunningTask {
    return new RunningTask(this.client, id, () => this.log());
  }

  /** The processes of a service that are alive as far as anybody has heard; the newest first. */
  async workers(service: string): Promise<WorkerProcess[]> {
    const { rows } = await this.sql.query<WorkerProcess>(
      "select id, pid from worker where service = $1 and state <> 'dead' order by started_at desc",
      [service],
    );
    return rows;
  }

  /** Ends every process of a service as a crash would; the supervisor reports the end and starts it again. */
  async kill(service: string): Promise<void> {
    for (const { pid } of await this.workers(service)) process.kill(pid, 'SIGKILL');
  }

  /** Stops every process of a service where it stands; its connections stay open. Answers who they were. */
  async freeze(service: string): Promise<WorkerProcess[]> {
    const workers = await this.workers(service);
    for (const { pid } of workers) {
      process.kill(pid, 'SIGSTOP');
      this.frozen.add(pid);
    }
    return workers;
  }

  /** Lets everything that was frozen go on. */
  thaw(): void {
    for (const pid of this.frozen) process.kill(pid, 'SIGCONT');
    this.frozen.clear();
  }

  /** One more process of a service, beside the supervisor's; resolves when it has registered. Nobody reports its end. */
  async startAnother(service: string, env: Record<string, string> = {}): Promise<WorkerProcess> {
    const before = (await this.workers(service)).map(({ id }) => id);
    const child = spawnApp(service, { ...this.settings, [SUPERVISED_VARIABLE]: '1', ...env });
    this.extra.push(child);
    keepOutput(child);
    child.on('message', (message: ParentMessage) => {
      if (message.type === 'ready') this.urls.set(child.pid!, message.url);
    });
    const isReady = ({ id, pid }: WorkerProcess) => pid === child.pid && !before.includes(id);
    return until(async () => (await this.workers(service)).find(isReady), { what: `another ${service}` });
  }

  /** Where a process of `startAnother` listens, as soon as it can take work. */
  urlOf({ pid }: WorkerProcess): Promise<string> {
    return until(() => this.urls.get(pid), { what: `${pid} being ready` });
  }

  /** Asks a process to end in good order, and resolves when it is gone. */
  async end({ pid }: WorkerProcess): Promise<void> {
    process.kill(pid, 'SIGTERM');
    await until(() => !isRunning(pid), { what: `the end of ${pid}` });
  }

  /** Sessions whose process began a transaction and left it to itself. */
  leakedTransactions(): Promise<object[]> {
    return this.rows(
      "select pid, query from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    );
  }

  /** Rows of the database, past the services. */
  async rows<R extends object>(sql: string, ...values: unknown[]): Promise<R[]> {
    return (await this.sql.query<R>(sql, values)).rows;
  }

  /** Asks every invariant; what the services mend by themselves has its time for it. */
  async expectNoBreach(): Promise<void> {
    await expectNoBreach(this.sql, { mendWithinMs: MEND_WITHIN_MS });
  }

  /** Stops the services, asks every invariant unless it has been asked, and leaves nothing behind. */
  async stop({ unasked = true } = {}): Promise<void> {
    this.thaw();
    await Promise.all([this.supervisor, ...this.extra].map(endOf));
    try {
      if (unasked) await expectNoBreach(this.sql);
    } finally {
      await this.sql.end();
      await this.database?.drop();
      if (!this.keepsFolder) await rm(this.settings.MUSTER_DATA_DIR ?? '', { recursive: true, force: true });
    }
  }

  /** The fault points that ended a process, in no order. */
  struck(): string[] {
    const folder = join(this.settings.MUSTER_DATA_DIR ?? '', 'logs');
    const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
    return lines.filter((line) => line.startsWith(STRUCK)).map((line) => line.slice(STRUCK.length + 1));
  }

  /** The last lines that the supervisor and the services wrote. */
  log(): string {
    const folder = join(this.settings.MUSTER_DATA_DIR ?? '', 'logs');
    const services = existsSync(folder) ? readdirSync(folder).map((name) => tailOf(join(folder, name))) : [];
    return [...this.output, ...services.flat()].join('\n');
  }
}

interface Connection {
  readonly url: string;
  readonly key: string;
  readonly approverKey: string;
}

// The channel tells it when we are gone, however that came about: then it ends, and its services with it.
function spawnApp(app: string, settings: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, [join(APPS, app, 'src/main.js')], {
    cwd: settings.MUSTER_DATA_DIR,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.channel?.unref();
  return child;
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

const tailOf = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN);

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** Asks it to stop, and ends it by force when that takes too long. */
async function endOf(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended.finally(() => clearTimeout(force));
}

/** The file that the supervisor writes once every service can take work. */
async function connectionOf(folder: string, supervisor: ChildProcess, output: string[]): Promise<Connection> {
  const file = join(folder, 'connection.json');
  await until(() => existsSync(file) || hasEnded(supervisor), {
    what: 'the services being ready',
    deadlineMs: START_DEADLINE_MS,
  }).catch((error) => {
    supervisor.kill('SIGKILL');
    throw new Error(`${String(error)}\n${output.join('\n')}`);
  });
  if (!existsSync(file)) throw new Error(`The supervisor ended at its start:\n${output.join('\n')}`);
  return JSON.parse(readFileSync(file, 'utf8')) as Connection;
}
