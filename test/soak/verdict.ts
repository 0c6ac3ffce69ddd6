import type { Reading } from './gauges';

/** What a soak has to show, each with what was measured. */
export interface Finding {
  readonly what: string;
  readonly says: string;
  readonly holds: boolean;
}

/** Caches fill and the just-in-time compiler settles: the first third of a run says nothing about growth. */
const WARM_UP = 1 / 3;
/** What a garbage collector's mood may look like over the rest of the run. */
const MEMORY_GROWTH_MAX = 0.15;
const MEMORY_GROWTH_BYTES_MAX = 24 * 2 ** 20;
const REDIS_GROWTH_BYTES_MAX = 8 * 2 ** 20;
const IDLE_IN_TRANSACTION_SECONDS_MAX = 3;
/** The failed jobs that five queues keep for a person to look at. */
const JOBS_KEPT_MAX = 500;
/** Of two thirds of the run: a finished task must not take more room because others came before it. */
const BYTES_PER_TASK_GROWTH_MAX = 0.25;
/** Vacuum comes once a fifth of a table is dead, and it comes once a minute. */
const DEAD_SHARE_MAX = 0.4;

/** Pure: judges the readings of a run, in their order. */
export function findingsOf(readings: readonly Reading[]): Finding[] {
  const warm = readings.slice(Math.floor(readings.length * WARM_UP));
  if (warm.length < 3) throw new Error(`${readings.length} readings are too few to judge.`);
  const services = Object.keys(warm[0]!.memory);
  return [
    ...services.map((service) =>
      memoryFinding(
        `memory of ${service}`,
        warm,
        (reading) => reading.memory[service] ?? Number.NaN,
        MEMORY_GROWTH_BYTES_MAX,
      ),
    ),
    memoryFinding('memory of Redis', warm, ({ redisBytes }) => redisBytes, REDIS_GROWTH_BYTES_MAX),
    endsFinding(readings),
    idleFinding(readings),
    jobsFinding(readings),
    backlogFinding(warm),
    sizeFinding(warm),
    deadFinding(readings.at(-1)!),
  ];
}

/** The growth of a least-squares line over these readings, in the unit of `of`. */
export function growthOf(readings: readonly Reading[], of: (reading: Reading) => number): number {
  const xs = readings.map(({ atSeconds }) => atSeconds);
  const ys = readings.map(of);
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const covariance = mean(xs.map((x, index) => (x - meanX) * (ys[index]! - meanY)));
  const variance = mean(xs.map((x) => (x - meanX) ** 2));
  return (covariance / variance) * (xs.at(-1)! - xs[0]!);
}

function memoryFinding(
  what: string,
  warm: readonly Reading[],
  of: (reading: Reading) => number,
  bytesMax: number,
): Finding {
  const growth = growthOf(warm, of);
  const average = mean(warm.map(of));
  const holds = growth <= Math.max(average * MEMORY_GROWTH_MAX, bytesMax);
  const minutes = (warm.at(-1)!.atSeconds - warm[0]!.atSeconds) / 60;
  return {
    what,
    says: `${megabytes(average)}, growth ${megabytes(growth)} in ${minutes.toFixed(1)} min after the warm-up`,
    holds,
  };
}

/** A service whose heap is full ends itself; so does one with a bug. */
function endsFinding(readings: readonly Reading[]): Finding {
  const ends = readings.at(-1)!.workers - readings[0]!.workers;
  return { what: 'services that ended', says: ends === 0 ? 'none' : String(ends), holds: ends === 0 };
}

function idleFinding(readings: readonly Reading[]): Finding {
  const oldest = Math.max(...readings.map(({ idleInTransactionSeconds }) => idleInTransactionSeconds));
  const says = `the oldest was idle for ${oldest.toFixed(2)} s`;
  return { what: 'connections idle in transaction', says, holds: oldest <= IDLE_IN_TRANSACTION_SECONDS_MAX };
}

function jobsFinding(readings: readonly Reading[]): Finding {
  const most = Math.max(...readings.map(({ jobsKept }) => jobsKept));
  return { what: 'jobs kept after their end', says: `at most ${most}`, holds: most <= JOBS_KEPT_MAX };
}

/** At half of what it can do, the runtime must not fall behind. */
function backlogFinding(warm: readonly Reading[]): Finding {
  const growth = growthOf(warm, ({ tasksOpen }) => tasksOpen);
  const average = mean(warm.map(({ tasksOpen }) => tasksOpen));
  const says = `${average.toFixed(0)} on average, growth ${growth.toFixed(0)}`;
  return { what: 'tasks under way', says, holds: growth <= Math.max(50, average / 2) };
}

function sizeFinding(warm: readonly Reading[]): Finding {
  const middle = warm[Math.floor(warm.length / 2)]!;
  const before = bytesPerTask(warm[0]!, middle);
  const after = bytesPerTask(middle, warm.at(-1)!);
  const says = `${kilobytes(before)} in the first half after the warm-up, ${kilobytes(after)} in the second`;
  return { what: 'room per finished task', says, holds: after <= before * (1 + BYTES_PER_TASK_GROWTH_MAX) };
}

const bytesPerTask = (from: Reading, to: Reading): number =>
  (to.databaseBytes - from.databaseBytes) / Math.max(1, to.tasksEnded - from.tasksEnded);

function deadFinding({ deadRows, liveRows }: Reading): Finding {
  const share = deadRows / Math.max(1, liveRows);
  const says = `${deadRows} dead beside ${liveRows} live at the end`;
  return { what: 'dead rows', says, holds: share <= DEAD_SHARE_MAX };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
export const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const kilobytes = (bytes: number): string => `${(bytes / 1_024).toFixed(1)} KB`;
