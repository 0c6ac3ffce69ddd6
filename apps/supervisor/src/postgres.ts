import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Database } from '@muster/persistence';
import { lastLines } from './log-file';
import { type PostgresHome, postgresHome } from './postgres-home';
import { endsWithin, isRunning, programOf } from './process-end';
import type { Settings } from './settings';

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 20_000;
const POLL_MS = 20;
const USER = 'muster';

// The promises rest on the first three; they are Postgres's own defaults, written down because they are conditions.
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  wal_compression: 'on',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

// Ends Postgres when our end of the pipe closes, however we came to our own end; passes on its exit status.
const GUARD = `exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ read -r _ <&3; kill -INT "$server"; } & watch=$!
exec 3<&-
wait "$server"; status=$?
kill "$watch" 2>/dev/null
exit "$status"`;

/** A Postgres of our own, from the binaries in node_modules. */
export class EmbeddedPostgres {
  private guard: ChildProcess | undefined;
  private stopping = false;

  private constructor(
    private readonly home: PostgresHome,
    private readonly logFile: string,
    readonly port: number,
    private readonly password: string,
  ) {}

  get url(): string {
    return `postgresql://${USER}:${this.password}@127.0.0.1:${this.port}/postgres`;
  }

  get note(): string | undefined {
    return this.home.note;
  }

  /** Creates the cluster at the first time, ends one that a killed supervisor left, and answers when it takes connections. */
  static async start(settings: Settings, onDied: (reason: string) => void): Promise<EmbeddedPostgres> {
    const home = postgresHome(settings.folder);
    const password = passwordIn(settings.folder);
    const logFile = join(settings.logs, 'postgres.log');
    await endLeftover(home.data);
    if (!existsSync(join(home.data, 'PG_VERSION'))) await createCluster(home, password);
    const port = settings.postgresPort || (await freePort());
    const postgres = new EmbeddedPostgres(home, logFile, port, password);
    await postgres.run(onDied);
    return postgres;
  }

  /** Ends open transactions and stops; what was committed is on disk anyway. */
  async stop(): Promise<void> {
    this.stopping = true;
    const guard = this.guard;
    if (!guard || guard.exitCode !== null || guard.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => guard.once('exit', () => resolve()));
    guard.stdin?.end();
    await Promise.race([ended, delay(STOP_MS_MAX, undefined, { ref: false })]);
  }

  private async run(onDied: (reason: string) => void): Promise<void> {
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const program = [join(this.home.programs, 'postgres'), '-D', this.home.data, '-p', String(this.port), ...settings];
    const log = openSync(this.logFile, 'a');
    // A session of its own: Ctrl-C in the terminal must not stop it before the services have drained.
    const options = {
      stdio: ['pipe' as const, log, log],
      cwd: '/',
      detached: true,
      uid: this.home.account?.uid,
      gid: this.home.account?.gid,
    };
    const guard = spawn('/bin/sh', ['-c', GUARD, 'sh', ...program], options);
    closeSync(log);
    guard.stdin?.on('error', () => undefined);
    this.guard = guard;
    const died = new Promise<never>((_resolve, reject) => {
      guard.once('error', reject);
      guard.once('exit', (code) => reject(new Error(`Postgres ended with ${code}:\n${lastLines(this.logFile)}`)));
    });
    await Promise.race([this.answers(), died]);
    died.catch((error: Error) => {
      if (!this.stopping) onDied(error.message);
    });
  }

  private async answers(): Promise<void> {
    const database = new Database({ url: this.url, name: 'supervisor', poolMax: 1 });
    const end = performance.now() + START_MS_MAX;
    try {
      while (
        !(await database.ping().then(
          () => true,
          () => false,
        ))
      ) {
        if (performance.now() > end)
          throw new Error(`Postgres gave no answer in ${START_MS_MAX / 1_000} s:\n${lastLines(this.logFile)}`);
        await delay(POLL_MS);
      }
    } finally {
      await database.close();
    }
  }
}

/** Known to the data folder alone, so that nobody else on this machine reads the tables through the open port. */
function passwordIn(folder: string): string {
  const file = join(folder, 'postgres.password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

// Into a folder beside it and then renamed: a half-made cluster is never taken for a whole one.
async function createCluster({ programs, data, account }: PostgresHome, password: string): Promise<void> {
  const draft = `${data}.new`;
  const passwordFile = `${data}.initial`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account) for (const path of [draft, passwordFile]) chownSync(path, account.uid, account.gid);
  const flags = [
    '-D',
    draft,
    '-U',
    USER,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
  ];
  try {
    await toEnd(
      spawn(join(programs, 'initdb'), flags, {
        cwd: '/',
        stdio: ['ignore', 'pipe', 'pipe'],
        uid: account?.uid,
        gid: account?.gid,
      }),
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(data, { recursive: true, force: true });
  renameSync(draft, data);
}

function toEnd(child: ChildProcess): Promise<void> {
  let output = '';
  const collect = (chunk: unknown): void => {
    output += String(chunk);
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`Postgres could not create its data folder:\n${output.trim()}`)),
    );
  });
}

// After SIGKILL of a supervisor its Postgres is on its way down, or on a system without the guard's shell still up.
async function endLeftover(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  if (!(pid > 1) || !isRunning(pid) || !(programOf(pid) ?? 'postgres').includes('postgres')) return;
  process.kill(pid, 'SIGINT');
  if (await endsWithin(pid, STOP_MS_MAX)) return;
  process.kill(pid, 'SIGQUIT');
  if (!(await endsWithin(pid, STOP_MS_MAX)))
    throw new Error(`Another Postgres (pid ${pid}) holds ${data} and does not stop.`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('No port is free.')),
      );
    });
  });
}
