import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Muster } from '../../../test/support/muster';
import { prepareCounters } from '../cost/counters';
import { dearestStatements, forgetStatements, type StatementCost } from '../cost/statements';
import { addProfile, type CpuProfile, emptyFlame, type Flame, monotonicUs, type TimeWindow } from '../flames/flame';
import { profilesInto } from '../fleet';
import { type CpuSeconds, cpuBetween, cpuSeconds } from '../processes';
import type { Servers } from '../servers';
import { inWorld, type World } from '../world';
import { clientsOf, round, rounds } from './scale';

/** What the processes of one service did together. */
export interface ServiceFlame {
  readonly service: string;
  readonly processes: number;
  /** Cores that they used in all, by the kernel's word: a profile counts waiting for a core as work. */
  readonly cores: number;
  readonly flame: Flame;
}

export interface FlamePoint {
  readonly executors: number;
  readonly coordinators: number;
  /** While profiles were taken, which costs something. */
  readonly stepsPerSecond: number;
  readonly services: readonly ServiceFlame[];
  /** What Postgres worked on longest. */
  readonly statements: readonly StatementCost[];
}

/** The ends of what is measured without profiles. */
const POINTS = [
  { executors: 1, coordinators: 1 },
  { executors: 4, coordinators: 2 },
];
const SERVICES = ['coordinator', 'executor', 'planner', 'verifier'];
/** Who uses less of a core than this has nothing to do but to be there. */
const CORES_MIN = 0.05;

interface Run {
  readonly window: TimeWindow;
  readonly cpu: CpuSeconds;
  readonly pids: ReadonlyMap<string, readonly number[]>;
  readonly stepsPerSecond: number;
  readonly statements: readonly StatementCost[];
}

export async function measureFlames(
  servers: Servers,
  tasks: number,
  tell: (line: string) => void,
): Promise<FlamePoint[]> {
  const points: FlamePoint[] = [];
  for (const { executors, coordinators } of POINTS) {
    tell(`${executors} executors, ${coordinators} coordinators, with CPU profiles`);
    const folder = mkdtempSync(join(tmpdir(), 'muster-flames-'));
    const work = (world: World) => run(world, executors, coordinators, tasks);
    // A profile is written as its process ends: all are there when the world is gone.
    const done = await inWorld(servers, work, { env: profilesInto(folder) });
    const services = [...done.pids.keys()].map((service) => serviceFlame(service, done, folder));
    await rm(folder, { recursive: true });
    const { stepsPerSecond, statements } = done;
    points.push({ executors, coordinators, stepsPerSecond, statements, services: services.filter(isBusy) });
  }
  return points;
}

const isBusy = ({ cores }: ServiceFlame): boolean => cores >= CORES_MIN;

async function run({ muster, servers }: World, executors: number, coordinators: number, tasks: number): Promise<Run> {
  const clients = await clientsOf(muster, executors, coordinators);
  await prepareCounters(muster);
  await round(clients, tasks);
  await forgetStatements(muster);
  const look = async () => cpuSeconds(await servers.postgres.pid(), servers.redis.pid);
  const before = await look();
  const from = monotonicUs();
  const { steps, seconds } = await rounds(clients, tasks);
  const window = { from, to: monotonicUs() };
  const cpu = cpuBetween(before, await look());
  const statements = await dearestStatements(muster, steps);
  return { window, cpu, statements, stepsPerSecond: steps / seconds, pids: await pidsOf(muster) };
}

async function pidsOf(muster: Muster): Promise<Map<string, number[]>> {
  const pids = new Map<string, number[]>();
  for (const service of SERVICES) {
    const workers = await muster.workers(service);
    pids.set(
      service,
      workers.map(({ pid }) => pid),
    );
  }
  return pids;
}

function serviceFlame(service: string, { pids, window, cpu }: Run, folder: string): ServiceFlame {
  const flame = emptyFlame();
  const ofService = pids.get(service) ?? [];
  // CPU.<date>.<time>.<process>.<thread>.<number>.cpuprofile
  const files = readdirSync(folder).filter((name) => ofService.includes(Number(name.split('.')[3])));
  for (const name of files) {
    addProfile(flame, JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile, window);
  }
  const seconds = (window.to - window.from) / 1_000_000;
  return { service, processes: ofService.length, cores: (cpu.get(service) ?? 0) / seconds, flame };
}
