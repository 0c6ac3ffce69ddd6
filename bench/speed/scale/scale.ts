import { randomUUID } from 'node:crypto';
import { MusterClient } from '@muster/client';
import { LIMITS } from '@muster/domain';
import type { Muster } from '../../../test/support/muster';
import { freePort } from '../../../test/support/postgres-cluster';
import { until } from '../../../test/support/until';
import { chainPlan } from '../adapter/plans';
import { cpuByProcess, type ProcessCpu } from '../processes';
import type { Servers } from '../servers';
import { inWorld, type World } from '../world';

export interface ScalePoint {
  readonly executors: number;
  readonly coordinators: number;
  readonly stepsPerSecond: number;
  /** The busiest process of every part, its CPU as a share of one core. */
  readonly busiest: ReadonlyMap<string, number>;
}

const EXECUTORS = [1, 2, 4];
const COORDINATORS = [1, 2];
const CHAIN = 5;
const ROUNDS = 3;
const OPEN_STATES = ['accepted', 'planning', 'running', 'verifying', 'compensating'] as const;
const WAIT_MS_MAX = 300_000;

/** `tasks` in a round, at most a batch for every coordinator. */
export async function measureScale(
  servers: Servers,
  tasks: number,
  tell: (line: string) => void,
): Promise<ScalePoint[]> {
  const points: ScalePoint[] = [];
  for (const coordinators of COORDINATORS) {
    for (const executors of EXECUTORS) {
      tell(`${executors} executors, ${coordinators} coordinators`);
      // One world for each, so that no one inherits the connections of another.
      const point = await inWorld(servers, (world) => pointOf(world, executors, coordinators, tasks));
      tell(`${executors} executors, ${coordinators} coordinators: ${point.stepsPerSecond.toFixed(0)} steps/s`);
      points.push(point);
    }
  }
  return points;
}

async function pointOf(world: World, executors: number, coordinators: number, tasks: number): Promise<ScalePoint> {
  const { muster, servers } = world;
  const clients = await clientsOf(muster, executors, coordinators);
  await round(clients, tasks);
  const look = async () => cpuByProcess(await servers.postgres.pid(), servers.redis.pid);
  const before = await look();
  const { steps, seconds } = await rounds(clients, tasks);
  return { executors, coordinators, stepsPerSecond: steps / seconds, busiest: busiest(before, await look(), seconds) };
}

/** A client of each coordinator, when all of them and so many executors can take work. */
export async function clientsOf(muster: Muster, executors: number, coordinators: number): Promise<MusterClient[]> {
  for (let n = 1; n < executors; n++) await muster.startAnother('executor');
  const clients = [muster.client];
  for (let n = 1; n < coordinators; n++) clients.push(await anotherCoordinator(muster));
  return clients;
}

/** What is measured. */
export async function rounds(
  clients: readonly MusterClient[],
  tasks: number,
): Promise<{ steps: number; seconds: number }> {
  const began = performance.now();
  for (let n = 0; n < ROUNDS; n++) await round(clients, tasks);
  const seconds = (performance.now() - began) / 1_000;
  return { steps: ROUNDS * clients.length * share(clients, tasks) * CHAIN, seconds };
}

async function anotherCoordinator(muster: Muster): Promise<MusterClient> {
  const port = await freePort();
  await muster.startAnother('coordinator', { MUSTER_PORT: String(port) });
  const client = new MusterClient({ url: `http://127.0.0.1:${port}`, key: muster.key });
  // It stands in the table of workers before it listens.
  const isReady = async () => (await client.readiness().catch(() => undefined))?.ready;
  await until(isReady, { what: 'another coordinator' });
  return client;
}

const share = (clients: readonly unknown[], tasks: number): number =>
  Math.min(LIMITS.BATCH_TASKS_MAX, Math.ceil(tasks / clients.length));

/** A batch by every client, until nothing of it is open. */
export async function round(clients: readonly MusterClient[], tasks: number): Promise<void> {
  const labels = { round: randomUUID() };
  const batch = Array.from({ length: share(clients, tasks) }, () => ({ plan: chainPlan(CHAIN), labels }));
  await Promise.all(clients.map((client) => client.tasks.batch(batch)));
  const isDone = async () => (await clients[0]!.tasks.list({ state: OPEN_STATES, labels, limit: 1 }).next()).done;
  await until(isDone, { what: 'the end of every chain', deadlineMs: WAIT_MS_MAX, pollMs: 25 });
}

function busiest(before: readonly ProcessCpu[], after: readonly ProcessCpu[], seconds: number): Map<string, number> {
  const used = new Map(before.map((one) => [one.pid, one.seconds]));
  const most = new Map<string, number>();
  // Postgres has a process for every connection: only all of them together say how busy it is.
  for (const one of after) {
    const own = (one.seconds - (used.get(one.pid) ?? 0)) / seconds;
    const known = most.get(one.part) ?? 0;
    most.set(one.part, one.part === 'postgres' ? known + own : Math.max(known, own));
  }
  return most;
}
