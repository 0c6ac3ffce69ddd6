import type { Muster } from '../../../test/support/muster';
import { type CpuSeconds, cpuBetween, cpuSeconds } from '../processes';
import type { Servers } from '../servers';

/** What has been spent so far, by the counters of Postgres, Redis and the kernel. */
export interface Counters {
  readonly atMs: number;
  readonly commits: number;
  /** Sent by somebody. */
  readonly statements: number;
  /** Run inside of others: triggers, foreign keys. */
  readonly nested: number;
  readonly walBytes: number;
  /** Jobs that were added to any queue. */
  readonly jobs: number;
  readonly cpu: CpuSeconds;
}

const DATABASE = `
  select d.xact_commit::float8 as commits, w.wal_bytes::float8 as "walBytes",
    (select coalesce(sum(calls) filter (where toplevel), 0)::float8 from pg_stat_statements s where s.dbid = d.datid) as statements,
    (select coalesce(sum(calls) filter (where not toplevel), 0)::float8 from pg_stat_statements s where s.dbid = d.datid) as nested
  from pg_stat_database d, pg_stat_wal w where d.datname = current_database()`;
/** BullMQ counts every job that is added under the queue's key `id`. */
const JOBS = `local n = 0
for _, key in ipairs(redis.call('keys', '*:id')) do n = n + tonumber(redis.call('get', key)) end
return n`;
/** A session tells what it did after this long, at the latest when it is next idle. */
const STATISTICS_MS = 1_500;

export async function prepareCounters(muster: Muster): Promise<void> {
  await muster.rows('create extension if not exists pg_stat_statements');
}

/** Waits first until every session has told what it did. */
export async function readCounters(muster: Muster, { postgres, redis }: Servers): Promise<Counters> {
  const atMs = performance.now();
  const cpu = cpuSeconds(await postgres.pid(), redis.pid);
  const jobs = Number((await redis.ask('eval', JOBS, '0')).replace(/\D/g, ''));
  await new Promise((resolve) => setTimeout(resolve, STATISTICS_MS));
  const [row] = await muster.rows<Pick<Counters, 'commits' | 'walBytes' | 'statements' | 'nested'>>(DATABASE);
  return { atMs, jobs, cpu, ...row! };
}

/** What one measurement spent. Amounts of the whole, not by step. */
export type Spending = Omit<Counters, 'atMs'> & { readonly ms: number };

export function spendingBetween(before: Counters, after: Counters): Spending {
  return {
    ms: after.atMs - before.atMs,
    commits: after.commits - before.commits,
    statements: after.statements - before.statements,
    nested: after.nested - before.nested,
    walBytes: after.walBytes - before.walBytes,
    jobs: after.jobs - before.jobs,
    cpu: cpuBetween(before.cpu, after.cpu),
  };
}
