import { setTimeout as pause } from 'node:timers/promises';
import { type Arena, LEASE_TTL_MS } from './arena';
import { Draw } from './draw';

/** Every way in which a run is tormented, and how often each is drawn. */
const WEIGHTS = {
  'kill-executor': 6,
  'kill-coordinator': 5,
  'kill-verifier': 3,
  'kill-planner': 0.5,
  'kill-everybody': 1,
  'freeze-executor': 2,
  'freeze-coordinator': 1,
  'freeze-verifier': 0.5,
  'wipe-queues': 4,
  'restart-redis': 2,
  'restart-postgres': 2.5,
  'cut-postgres': 2,
  'cut-redis': 1.5,
  'kill-sink': 0.7,
} as const;
export type FaultKind = keyof typeof WEIGHTS;
const FAULT_KINDS = Object.keys(WEIGHTS) as FaultKind[];

export interface Fault {
  readonly kind: FaultKind;
  /** One process of the service, or all of them. */
  readonly isForOne: boolean;
  /** How long whatever is gone stays gone. */
  readonly awayMs: number;
}

/** What was done to a run, counted as it was done. */
export class FaultFigures {
  readonly kills: Record<string, number> = {};
  freezes = 0;
  wipes = 0;
  redisRestarts = 0;
  postgresRestarts = 0;
  cuts = 0;
  sinkKills = 0;

  killed(service: string, processes: number): void {
    this.kills[service] = (this.kills[service] ?? 0) + processes;
  }

  get killsInAll(): number {
    return Object.values(this.kills).reduce((sum, count) => sum + count, 0);
  }
}

const AWAY_MS_MAX = 1_000;
const SERVICES = ['coordinator', 'executor', 'verifier', 'planner'] as const;

/** The faults of a run, in order: each kind once, so that no run is too lucky to prove anything, then as they are drawn. */
export function* drawFaults(seed: number): Generator<Fault, never> {
  const draw = new Draw(seed, 'faults');
  const first: FaultKind[] = [...FAULT_KINDS];
  for (;;) {
    const kind = first.length > 0 ? first.splice(draw.int(0, first.length - 1), 1)[0]! : draw.weighted(WEIGHTS);
    yield { kind, isForOne: draw.isLucky(0.5), awayMs: draw.int(0, AWAY_MS_MAX) };
  }
}

/** Does it, and resolves when what can come back has come back. */
export async function strike(fault: Fault, arena: Arena, figures: FaultFigures): Promise<void> {
  const [deed = '', object = ''] = fault.kind.split(/-(.*)/);
  if (deed === 'kill') return kill(object, fault, arena, figures);
  if (deed === 'freeze') return freeze(object, fault, arena, figures);
  await DEEDS[fault.kind as keyof typeof DEEDS](fault, arena, figures);
}

type Deed = (fault: Fault, arena: Arena, figures: FaultFigures) => Promise<void>;

const DEEDS = {
  'wipe-queues': async (_, arena, figures) => {
    await arena.wipeQueues();
    figures.wipes++;
  },
  'restart-redis': async ({ awayMs }, arena, figures) => {
    await arena.restartRedis(() => pause(awayMs));
    figures.redisRestarts++;
  },
  'restart-postgres': async ({ awayMs }, arena, figures) => {
    await arena.restartPostgres(() => pause(awayMs));
    figures.postgresRestarts++;
  },
  'cut-postgres': async (_, arena, figures) => {
    await arena.cutPostgres();
    figures.cuts++;
  },
  'cut-redis': async (_, arena, figures) => {
    await arena.cutRedis();
    figures.cuts++;
  },
} satisfies Record<string, Deed>;

async function kill(object: string, { isForOne, awayMs }: Fault, arena: Arena, figures: FaultFigures): Promise<void> {
  if (object === 'sink') {
    await arena.sink.kill();
    figures.sinkKills++;
    await pause(awayMs);
    return arena.sink.restart();
  }
  const services = object === 'everybody' ? SERVICES : [object];
  for (const service of services) {
    const pids = await arena.signal(service, 'SIGKILL', isForOne ? 1 : undefined);
    figures.killed(service, pids.length);
  }
}

/** Long enough to be given up; then it goes on as if nothing had been. */
async function freeze(service: string, { isForOne }: Fault, arena: Arena, figures: FaultFigures): Promise<void> {
  const frozen = await arena.freeze(service, isForOne ? 1 : undefined);
  figures.freezes += frozen;
  await pause(LEASE_TTL_MS * 1.4);
  arena.thaw();
}
