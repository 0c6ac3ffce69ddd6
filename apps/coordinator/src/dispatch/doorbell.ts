import { faultPoint } from '@muster/chassis';
import { type ExecutorDoorbell, QUEUES, queueOfLane, type VerifierDoorbell } from '@muster/contracts';
import { LIMITS } from '@muster/domain';
import { Doorbells, Gathering, type Doorbell as Job } from '@muster/messaging';
import { Injectable } from '@nestjs/common';
import type { Ring } from '../lifecycle/decision';

type ExecutorRing = Extract<Ring, { to: 'executor' }>;

/** Wakes workers after a commit. Never waited for: a ring that is lost is rung again by the sweeper. */
@Injectable()
export class Doorbell {
  private readonly gatherings = new Map<string, Gathering<Ring>>();
  private executors = new Map<string, number>();

  constructor(private readonly doorbells: Doorbells) {}

  ring(rings: readonly Ring[]): void {
    for (const [queue, ofQueue] of Map.groupBy(rings, queueOf)) this.gathering(queue).add(ofQueue);
  }

  /** Counted with every sweep: what is rung at once is shared among so many. */
  recount(lanes: readonly { lane: string; executors: number }[]): void {
    this.executors = new Map(lanes.map(({ lane, executors }) => [queueOfLane(lane), executors]));
  }

  private gathering(queue: string): Gathering<Ring> {
    const gathering =
      this.gatherings.get(queue) ??
      new Gathering<Ring>(this.doorbells, queue, {
        pack: (rings) =>
          queue === QUEUES.verifier ? checksOf(rings) : runsOf(rings.filter(isRun), this.sharers(queue)),
        before: (rings) => faultPoint('coordinator.before-ring', () => rings.flatMap(subjectsOf)),
        after: (rings) => faultPoint('coordinator.after-ring', () => rings.flatMap(subjectsOf)),
      });
    this.gatherings.set(queue, gathering);
    return gathering;
  }

  /** A model that makes a plan takes long: each of its calls may find a planner of its own. */
  private sharers(queue: string): number {
    return queue === QUEUES.planner ? Number.POSITIVE_INFINITY : (this.executors.get(queue) ?? 1);
  }
}

const isRun = (ring: Ring): ring is ExecutorRing => ring.to === 'executor';

const queueOf = (ring: Ring): string => (isRun(ring) ? queueOfLane(ring.lane) : QUEUES.verifier);

const runsOf = (runs: readonly ExecutorRing[], sharers: number): Job[] =>
  pack(runs, sharers).map((together) => ({ name: 'run', data: runDoorbell(together), id: runJobId(together[0]!) }));

const checksOf = (rings: readonly Ring[]): Job[] =>
  chunk(rings, LIMITS.DOORBELL_ITEMS_MAX).map((together) => ({
    name: 'verify',
    data: verifyDoorbell(together),
    id: crypto.randomUUID(),
  }));

/**
 * As few jobs as give each of the sharers its part: a job costs about as much as a step, to the queue, to who takes it
 * and, as smaller statements, to Postgres. No job names more steps than a doorbell may.
 */
function pack(runs: readonly ExecutorRing[], sharers: number): ExecutorRing[][] {
  const together = Math.ceil(runs.length / Math.min(runs.length, sharers));
  const packs: ExecutorRing[][] = [];
  let steps = 0;
  for (const ring of runs) {
    const last = packs.at(-1);
    if (last && last.length < together && steps + ring.run.length <= LIMITS.DOORBELL_ITEMS_MAX) last.push(ring);
    else {
      packs.push([ring]);
      steps = 0;
    }
    steps += ring.run.length;
  }
  return packs;
}

function runDoorbell(rings: readonly ExecutorRing[]): ExecutorDoorbell {
  return {
    steps: rings.flatMap(({ run }) => run.map((step, position) => (position > 0 ? { ...step, after: true } : step))),
  };
}

const runJobId = ({ run, ring }: ExecutorRing): string => `${run[0]!.id}-${run[0]!.epoch}-${ring}`;

function subjectsOf(ring: Ring): string[] {
  if (ring.to === 'executor') return ring.run.map(({ id }) => id);
  if ('step' in ring) return [ring.step.id];
  return ['operation' in ring ? ring.operation : ring.task.id];
}

function verifyDoorbell(rings: readonly Ring[]): VerifierDoorbell {
  return {
    steps: rings.flatMap((ring) => ('step' in ring ? [ring.step] : [])),
    operations: rings.flatMap((ring) => ('operation' in ring ? [ring.operation] : [])),
    tasks: rings.flatMap((ring) => ('task' in ring ? [ring.task] : [])),
  };
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
