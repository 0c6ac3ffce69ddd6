import { readdirSync, readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { Muster } from '../support/muster';

/** One look at everything that could grow. Bytes, counts, seconds. */
export interface Reading {
  readonly atSeconds: number;
  /** Resident memory by service, bytes. */
  readonly memory: Readonly<Record<string, number>>;
  readonly redisBytes: number;
  readonly redisKeys: number;
  /** Jobs waiting or active. */
  readonly jobsUnderWay: number;
  /** Jobs that BullMQ keeps though they are over. */
  readonly jobsKept: number;
  readonly idleInTransaction: number;
  /** The age of the oldest of them, seconds. */
  readonly idleInTransactionSeconds: number;
  readonly databaseBytes: number;
  readonly tasksEnded: number;
  readonly tasksOpen: number;
  readonly liveRows: number;
  readonly deadRows: number;
  /** Processes that ever were: one more means that one of them ended. */
  readonly workers: number;
}

const SESSIONS = `
  select count(*)::int as n, coalesce(max(extract(epoch from clock_timestamp() - state_change)), 0)::float8 as seconds
    from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`;
const SIZES = `
  select coalesce(sum(pg_total_relation_size(relid)), 0)::float8 as bytes, sum(n_live_tup)::int as live, sum(n_dead_tup)::int as dead
    from pg_stat_user_tables`;
const TASKS = `
  select count(*) filter (where finished_at is not null)::int as ended, count(*) filter (where finished_at is null)::int as open,
    (select count(*)::int from worker) as workers
  from task`;

export class Gauges {
  private readonly redis: Redis;
  private readonly began = performance.now();

  constructor(
    private readonly muster: Muster,
    redisUrl: string,
  ) {
    this.redis = new Redis(redisUrl);
  }

  async read(): Promise<Reading> {
    const [[sessions], [sizes], [tasks], memory, queues] = await Promise.all([
      this.muster.rows<{ n: number; seconds: number }>(SESSIONS),
      this.muster.rows<{ bytes: number; live: number; dead: number }>(SIZES),
      this.muster.rows<{ ended: number; open: number; workers: number }>(TASKS),
      this.memory(),
      this.queues(),
    ]);
    return {
      atSeconds: (performance.now() - this.began) / 1_000,
      memory,
      ...queues,
      idleInTransaction: sessions!.n,
      idleInTransactionSeconds: sessions!.seconds,
      databaseBytes: sizes!.bytes,
      tasksEnded: tasks!.ended,
      tasksOpen: tasks!.open,
      liveRows: sizes!.live,
      deadRows: sizes!.dead,
      workers: tasks!.workers,
    };
  }

  close(): void {
    this.redis.disconnect();
  }

  private async memory(): Promise<Record<string, number>> {
    const workers = await this.muster.rows<{ service: string; pid: number }>(
      "select service, pid from worker where state = 'ready' order by service",
    );
    const supervisor = parentOf(workers[0]!.pid);
    const console = childrenOf(supervisor).find((pid) => programOf(pid).includes('/console/'));
    const all = [...workers, ...(console ? [{ service: 'console', pid: console }] : [])];
    return Object.fromEntries([...all, { service: 'supervisor', pid: supervisor }].map(residentOf));
  }

  private async queues(): Promise<Pick<Reading, 'redisBytes' | 'redisKeys' | 'jobsUnderWay' | 'jobsKept'>> {
    const used = /used_memory:(\d+)/.exec(await this.redis.info('memory'))?.[1];
    const keys = await this.redis.keys('*:muster-*');
    const lengths = await Promise.all(
      keys.map(async (key) => [key.split(':').at(-1), await this.length(key)] as const),
    );
    const sum = (...names: string[]): number =>
      lengths.reduce((total, [name, length]) => total + (names.includes(name ?? '') ? length : 0), 0);
    return {
      redisBytes: Number(used),
      redisKeys: await this.redis.dbsize(),
      jobsUnderWay: sum('wait', 'prioritized', 'active'),
      jobsKept: sum('completed', 'failed'),
    };
  }

  private async length(key: string): Promise<number> {
    const type = await this.redis.type(key);
    if (type === 'list') return this.redis.llen(key);
    return type === 'zset' ? this.redis.zcard(key) : 0;
  }
}

const statusOf = (pid: number): string => readFileSync(`/proc/${pid}/status`, 'utf8');
const parentOf = (pid: number): number => Number(/^PPid:\s+(\d+)/m.exec(statusOf(pid))?.[1]);
const programOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => isChild(pid, parent));
}

// A process may end between the listing and the look.
function isChild(pid: number, parent: number): boolean {
  try {
    return parentOf(pid) === parent;
  } catch {
    return false;
  }
}

function residentOf({ service, pid }: { service: string; pid: number }): [string, number] {
  return [service, Number(/^VmRSS:\s+(\d+) kB/m.exec(statusOf(pid))?.[1]) * 1_024];
}
