import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelsAt } from '../support/model-minds';
import { EffectSink } from '../support/sink/effect-sink';
import { type Cell, nameOf, type Signal, serviceOf } from './cells';
import { type Result, runCell, type Stage } from './experiment';
import { Fleet } from './fleet';
import { Gatehouse } from './gatehouse';
import { PlanModel } from './plan-model';

/** An executor that is struck takes everything in its hands with it: only one cell at a time is in those of a lane. */
const LANES = ['lane.a', 'lane.b', 'lane.c'];
const CALM_LANE = 'calm';
/** One is always left to answer and to sweep while as many as there are turns are frozen or being started. */
const CREW = { coordinators: 4, planners: 3, verifiers: 4, lanes: LANES, calmLane: CALM_LANE };
/** Cells under way at once at which a process of a service is struck, by signal. */
const TURNS: Readonly<Record<Signal, number>> = { kill: 1, stop: 2 };

export interface Outcome {
  readonly results: Result[];
  readonly restarts: number;
  readonly tookMs: number;
}

/** Runs the cells, many at a time, in one Muster of many processes; then asks every invariant. */
export async function runCells(
  cells: readonly Cell[],
  logs: string,
  onResult: (result: Result) => void,
): Promise<Outcome> {
  const beganAt = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'muster-sink-'));
  const models = await PlanModel.start();
  const [fleet, sink, gates] = await Promise.all([
    Fleet.start({ ...CREW, models: modelsAt(models.server) }),
    EffectSink.start({ folder }),
    Gatehouse.start(),
  ]);
  const results: Result[] = [];
  try {
    const numbers = new Map(cells.map((cell, index) => [nameOf(cell), index]));
    const run = async (queue: Cell[], lane: string): Promise<void> => {
      for (let cell = queue.shift(); cell; cell = queue.shift()) {
        const stage = { fleet, sink, gates, models } satisfies Stage;
        const place = { lane, number: numbers.get(nameOf(cell)) ?? 0, cells: cells.length };
        const result = await struckIn(stage, cell, place);
        results.push(result);
        onResult(result);
      }
    };
    await Promise.all(turnsOf(cells).map(({ queue, lane }) => run(queue, lane)));
    await fleet.expectNoBreach();
  } finally {
    if (results.some(({ breaches }) => breaches.length > 0)) fleet.keepLogs(logs);
    await Promise.all([gates.stop(), sink.stop(), models.stop()]);
    await fleet.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return { results, restarts: fleet.restarts, tookMs: performance.now() - beganAt };
}

/** A cell in which nobody was struck has proved nothing: it is run again, so many times in all. */
const TRIES_MAX = 3;

interface Place {
  readonly lane: string;
  /** Of the cell, among so many. */
  readonly number: number;
  readonly cells: number;
}

/**
 * Runs a cell until somebody was struck at its point: another cell's blow may fall on the same process just before, and
 * what is left of the work then goes another way.
 */
async function struckIn(stage: Stage, cell: Cell, { lane, number, cells }: Place): Promise<Result> {
  for (let round = 0; ; round++) {
    // Its tool has the number in its name, and an even one its gate in the same lane.
    const result = await runCell(stage, cell, lane, number + round * 2 * cells);
    const provedNothing = !result.isStruck && result.breaches.length === 1;
    if (!provedNothing || round + 1 === TRIES_MAX) return result;
  }
}

/** Who works through which cells, and in which lane. */
function turnsOf(cells: readonly Cell[]): { queue: Cell[]; lane: string }[] {
  const ofExecutor = cells.filter(({ point }) => serviceOf(point) === 'executor');
  const others = cells.filter((cell) => !ofExecutor.includes(cell));
  const queues = Map.groupBy(others, ({ point, signal }) => `${serviceOf(point)} ${signal}`);
  return [
    ...LANES.map((lane) => ({ queue: ofExecutor, lane })),
    ...[...queues.values()].flatMap((queue) =>
      Array.from({ length: TURNS[queue[0]!.signal] }, () => ({ queue, lane: CALM_LANE })),
    ),
  ];
}
