import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MusterClient } from '@muster/client';
import { readConnection } from '../connection';
import { SUPERVISOR } from '../project-root';
import { Child } from './child';
import { DEMO_LIMITS } from './limits';

/** A whole Muster of the demo's own: its data folder, its ports, its processes. */
export class EmbeddedMuster {
  private constructor(
    private readonly child: Child,
    readonly client: MusterClient,
  ) {}

  static async start(
    root: string,
    dataDir: string,
    env: NodeJS.ProcessEnv,
    stop: AbortSignal,
  ): Promise<EmbeddedMuster> {
    if (!existsSync(join(root, SUPERVISOR)))
      throw new Error('Muster is not built yet. `npm run demo` builds it first.');
    emptyFolder(dataDir);
    const logFile = join(dataDir, 'demo.log');
    const log = openSync(logFile, 'a');
    const child = await Child.start('Muster', [join(root, SUPERVISOR)], {
      cwd: root,
      env: environment(env, dataDir),
      // The channel tells the supervisor when we are gone, however that came about.
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    child.running.channel?.unref();
    try {
      return new EmbeddedMuster(child, await readyClient(child, dataDir, stop));
    } catch (fault) {
      await child.stop(DEMO_LIMITS.STOP_MS_MAX);
      throw stop.aborted ? fault : withLogTail(fault, logFile);
    }
  }

  stop(): Promise<void> {
    return this.child.stop(DEMO_LIMITS.STOP_MS_MAX);
  }
}

/** The folder holds the last demo, for looking at; it is only taken from a Muster that no longer runs. */
function emptyFolder(dataDir: string): void {
  const file = join(dataDir, 'supervisor.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  if (pid > 1 && isRunning(pid)) {
    throw new Error(
      `A Muster runs on ${dataDir} (pid ${pid}), perhaps to look at the last demo. Stop it, then run this again.`,
    );
  }
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (fault) {
    // EPERM: it runs, as somebody else.
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Ours and nobody else's: a database or a Redis of the surroundings is not what the demo writes to. */
function environment(env: NodeJS.ProcessEnv, dataDir: string): NodeJS.ProcessEnv {
  const { DATABASE_URL: _database, REDIS_URL: _redis, EGRESS_ALLOW: _egress, ...rest } = env;
  const anyFreePort = '0';
  return {
    ...rest,
    NODE_ENV: 'development',
    MUSTER_DATA_DIR: dataDir,
    MUSTER_HOST: '127.0.0.1',
    MUSTER_PORT: anyFreePort,
    MUSTER_CONSOLE_PORT: anyFreePort,
    MUSTER_HEALTH_PORT: anyFreePort,
    MUSTER_PG_PORT: anyFreePort,
    PROCESS_ALLOW: ['git', process.execPath].join(','),
  };
}

async function readyClient(child: Child, dataDir: string, stop: AbortSignal): Promise<MusterClient> {
  const file = join(dataDir, 'connection.json');
  const deadline = performance.now() + DEMO_LIMITS.START_MS_MAX;
  while (performance.now() < deadline) {
    stop.throwIfAborted();
    if (child.hasExited) throw new Error('Muster ended while it was starting.');
    const client = existsSync(file) ? clientFrom(file) : undefined;
    if (client && (await isReady(client))) return client;
    await new Promise((resolve) => setTimeout(resolve, DEMO_LIMITS.POLL_MS));
  }
  throw new Error(`Muster was not ready within ${DEMO_LIMITS.START_MS_MAX / 1000} s.`);
}

function clientFrom(file: string): MusterClient | undefined {
  const { url, key } = readConnection(file);
  return url ? new MusterClient({ url, key }) : undefined;
}

const isReady = (client: MusterClient): Promise<boolean> =>
  client.readiness().then(
    ({ ready }) => ready,
    () => false,
  );

function withLogTail(fault: unknown, logFile: string): Error {
  const tail = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-DEMO_LIMITS.LOG_TAIL_LINES);
  const message = fault instanceof Error ? fault.message : String(fault);
  return new Error([message, `The end of ${logFile}:`, ...tail.map((line) => `  ${line}`)].join('\n'));
}
