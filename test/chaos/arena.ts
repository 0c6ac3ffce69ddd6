import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { Muster } from '../support/muster';
import { PostgresCluster } from '../support/postgres-cluster';
import { RedisServer } from '../support/redis-server';
import { EffectSink } from '../support/sink/effect-sink';
import { SinkTail } from '../support/sink/sink-tail';
import { chaosContracts, chaosScripts } from './work/tools';

/** Short, so that whoever is frozen for longer is taken for dead soon. */
export const LEASE_TTL_MS = 2_500;
const SETTINGS = { LEASE_TTL_MS: String(LEASE_TTL_MS), HEARTBEAT_MS: '500', SWEEP_MS: '250', LOG_LEVEL: 'warn' };
/** What somebody who was frozen takes to send what was already on its way. */
const THAW_MS = 1_000;
/** Beside the supervisor's own: their end is seen by nobody, and their work is taken over by the fallen lock alone. */
const EXTRA_SERVICES = ['executor', 'coordinator'];

/** Everything of a run, each as a process of its own: Postgres, Redis, the sink and the services. */
export class Arena {
  private readonly coming = new Map<string, Promise<unknown>>();
  private readonly frozen = new Map<number, string>();
  private thawedAt = Number.NEGATIVE_INFINITY;

  private constructor(
    readonly folder: string,
    readonly postgres: PostgresCluster,
    private redisServer: RedisServer,
    readonly sink: EffectSink,
    readonly tail: SinkTail,
    readonly muster: Muster,
  ) {}

  static async start(folder: string, seed: number): Promise<Arena> {
    const services = join(folder, 'services');
    await mkdir(services, { recursive: true });
    // Each of them goes again if a later one does not come.
    await using started = new AsyncDisposableStack();
    const postgres = await PostgresCluster.start({ durable: true });
    started.defer(() => postgres.stop());
    const redis = await RedisServer.start();
    started.defer(() => redis.stop());
    const sink = await EffectSink.start({ folder: join(folder, 'sink'), seed, behaviours: chaosScripts() });
    started.defer(() => sink.stop());
    const given = { databaseUrl: postgres.url, redisUrl: redis.url, folder: services, env: SETTINGS };
    const muster = await Muster.start(given);
    started.defer(() => muster.stop());
    await muster.register(...chaosContracts(sink));
    for (const service of EXTRA_SERVICES) await muster.startAnother(service);
    const tail = await SinkTail.of(join(folder, 'sink'));
    started.move();
    return new Arena(folder, postgres, redis, sink, tail, muster);
  }

  /** Sends a signal to the processes of a service that run now. Answers to how many. */
  async signal(service: string, signal: NodeJS.Signals, atMost = Number.POSITIVE_INFINITY): Promise<number[]> {
    const pids = (await this.muster.workers(service)).map(({ pid }) => pid).filter((pid) => isService(pid, service));
    const chosen = pids.slice(0, atMost);
    for (const pid of chosen) process.kill(pid, signal);
    return chosen;
  }

  /** Stops processes of a service where they stand; their connections stay open. Answers how many. */
  async freeze(service: string, atMost?: number): Promise<number> {
    const pids = await this.signal(service, 'SIGSTOP', atMost);
    for (const pid of pids) this.frozen.set(pid, service);
    return pids.length;
  }

  thaw(): void {
    for (const [pid, service] of this.frozen) if (isService(pid, service)) process.kill(pid, 'SIGCONT');
    this.frozen.clear();
    this.thawedAt = performance.now();
  }

  /** Nobody is frozen who may hold bytes back, nor was a moment ago. */
  get isAwake(): boolean {
    return this.frozen.size === 0 && performance.now() - this.thawedAt > THAW_MS;
  }

  /** Starts what nobody else starts again; it comes while the run goes on. */
  async replaceExtras(): Promise<void> {
    for (const service of EXTRA_SERVICES) {
      if (this.coming.has(service)) continue;
      const alive = (await this.muster.workers(service)).filter(({ pid }) => isService(pid, service));
      if (alive.length > 1) continue;
      // One that did not come, since everything else was being killed as well, is looked for again after the next fault.
      const coming = this.muster.startAnother(service).catch(() => undefined);
      this.coming.set(service, coming);
      void coming.finally(() => this.coming.delete(service));
    }
  }

  /** Takes everything out of the queues. */
  async wipeQueues(): Promise<void> {
    await this.redisServer.ask('FLUSHALL');
  }

  async cutRedis(): Promise<void> {
    await this.redisServer.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  }

  /** Ends Redis as a crash would, and starts an empty one in its place after a while. */
  async restartRedis(away: () => Promise<unknown>): Promise<void> {
    const { port } = this.redisServer;
    await this.redisServer.stop();
    await away();
    this.redisServer = await RedisServer.start({ port });
  }

  async restartPostgres(away: () => Promise<unknown>): Promise<void> {
    await this.postgres.crash();
    await away();
    await this.postgres.recover();
  }

  /** Ends every connection of the services from the other side. Answers how many there were. */
  async cutPostgres(): Promise<number> {
    const client = new Client({ connectionString: this.postgres.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rowCount } = await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where pid <> pg_backend_pid() and backend_type = 'client backend'`,
      );
      return rowCount ?? 0;
    } finally {
      await client.end();
    }
  }

  /** Ends everything. The folder stays. */
  async stop(): Promise<void> {
    this.thaw();
    await Promise.all(this.coming.values());
    await this.tail.close();
    try {
      await this.muster.stop({ unasked: false });
    } finally {
      await this.sink.stop();
      await Promise.all([this.redisServer.stop(), this.postgres.stop()]);
    }
  }
}

/** A worker's row may outlive its process, and the machine may have given its number to somebody else's. */
function isService(pid: number, service: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`/apps/${service}/src/main.js`);
  } catch {
    return false;
  }
}
