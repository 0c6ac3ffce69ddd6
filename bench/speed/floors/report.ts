import { type Comparison, type Measure, MUSTER } from '../goals';
import type { Origin } from '../origin';
import { markdown, shortFigure, type Table } from '../table';
import type { Floor, Floors } from './measure';
import type { Published } from './published';

/** A goal with what it would take, and the floors under it. */
export interface FloorLine {
  readonly measure: Measure;
  readonly best: string;
  /** The figure that would reach the goal. */
  readonly goal: number;
  readonly own: number;
  readonly bare: Floor;
  readonly schema: Floor;
}

/** Measures that have a goal, somebody to be held against, and floors. */
export function floorLines(comparisons: readonly Comparison[], floors: readonly Floor[]): FloorLine[] {
  return comparisons.flatMap(({ measure, figures, best }) => {
    const ofMeasure = floors.filter(
      ({ workload, metric }) => workload === measure.workload && metric === measure.metric,
    );
    const bare = ofMeasure.find((floor) => floor.schema === 'bare');
    const schema = ofMeasure.find((floor) => floor.schema === 'muster');
    const own = figures.get(MUSTER);
    if (!bare || !schema || measure.goal === undefined || best === undefined || own === undefined) return [];
    const figure = figures.get(best)!;
    const goal = measure.better === 'lower' ? figure / measure.goal : figure * measure.goal;
    return [{ measure, best, goal, own, bare, schema }];
  });
}

/** How many times better than the goal; below 1 it misses it. */
const marginOf = ({ measure, goal }: FloorLine, figure: number): number =>
  measure.better === 'lower' ? goal / figure : figure / goal;

export function verdictOf(line: FloorLine): string {
  if (marginOf(line, line.bare.figure) < 1) return 'no';
  return marginOf(line, line.schema.figure) < 1 ? 'yes, but not on these tables' : 'yes, on these tables too';
}

export function floorTable(lines: readonly FloorLine[]): Table {
  const head = ['', '', 'unit', 'Muster', 'goal', 'floor on Muster’s tables', 'floor on two tables', 'could a ledger?'];
  const rows = lines.map((line) => {
    const { measure, own, goal, bare, schema } = line;
    const floors = [schema, bare].map(({ figure }) => `${shortFigure(figure)} (${marginOf(line, figure).toFixed(2)}×)`);
    const { workload, says, unit } = measure;
    return [workload, says, unit, shortFigure(own), shortFigure(goal), ...floors, verdictOf(line)];
  });
  return { rows: [head, ...rows], textColumns: [0, 1, 2, head.length - 1] };
}

/** Where Muster's time goes: what anybody pays, what its tables add, and what stands around them. */
export function distanceTable(lines: readonly FloorLine[]): Table {
  const head = ['', '', 'µs a step', 'the promises', 'the tables', 'everything else', 'goal'];
  const rows = lines.map((line) => {
    const at = (figure: number): number => timeOfStep(line, figure);
    const own = at(line.own);
    const parts = [at(line.bare.figure), at(line.schema.figure) - at(line.bare.figure), own - at(line.schema.figure)];
    const shares = parts.map((part) => `${shortFigure(part)} (${((100 * part) / own).toFixed(0)} %)`);
    return [line.measure.workload, line.measure.says, shortFigure(own), ...shares, shortFigure(at(line.goal))];
  });
  return { rows: [head, ...rows], textColumns: [0, 1] };
}

/** Microseconds, whatever the measure counts. */
function timeOfStep({ measure, bare }: FloorLine, figure: number): number {
  return measure.better === 'higher' ? 1_000_000 / figure : (1_000 * figure) / bare.stepsOfRun;
}

const TABLES = { muster: 'Muster’s', bare: 'two' };

export function floorCostTable(floors: readonly Floor[]): Table {
  const head = ['', 'tables', 'commits', 'µs of Postgres', 'µs of Node', 'bytes of WAL', 'the best way'];
  const rows = floors.map(({ workload, metric, schema, commits, postgresUs, nodeUs, walBytes, setting }) => [
    `${workload} ${metric}`,
    TABLES[schema],
    ...[commits, postgresUs, nodeUs, walBytes].map(shortFigure),
    sayWay(setting),
  ]);
  return { rows: [head, ...rows], textColumns: [0, 1, head.length - 1] };
}

function sayWay({ connections, inFlight, batchMax }: Floor['setting']): string {
  const many = connections > 1 ? `${connections} connections` : 'one connection';
  return `${many}, ${inFlight} under way, up to ${batchMax.toLocaleString('en')} a commit`;
}

/** What the table says, in sentences. */
export function floorWords(lines: readonly FloorLine[]): string[] {
  const named = (verdict: string): string =>
    lines
      .filter((line) => verdictOf(line) === verdict)
      .map(({ measure }) => `${measure.workload} (${measure.says})`)
      .join('; ');
  const sentences: [string, string][] = [
    ['No ledger on Postgres reaches these goals on this machine', named('no')],
    ['A ledger on two tables would, one on Muster’s tables would not', named('yes, but not on these tables')],
    ['A ledger on Muster’s tables would, with nothing else around it', named('yes, on these tables too')],
  ];
  return sentences.filter(([, names]) => names !== '').map(([what, names]) => `- ${what}: ${names}.`);
}

/** bench/FLOORS.md */
export function floorsPage(
  lines: readonly FloorLine[],
  { floors, commitMs, othersCores, settings }: Floors,
  published: Published,
  origin: Origin,
): string {
  const promises = Object.entries(settings).map(([name, value]) => `\`${name}\` ${value}`);
  return `# The floors

What the goals against the peers run into. Measured by \`${origin.command}\` at commit \`${origin.commit}\`, ${origin.at}, on
${origin.machine}. Muster’s figures and those of its peers are those of [RESULTS.md](RESULTS.md), measured at commit
\`${published.commit}\`, ${published.at}; the goal is the best durable peer’s figure (${peersIn(lines)}) by the ratio that was
asked for. Postgres says ${promises.join(', ')}; one commit of one row takes ${shortFigure(commitMs)} ms.

A floor is the cheapest program that keeps the promises: before a call leaves, the row of its intent is committed; the result
is committed, with the intent of what goes next in the same statement; states and histories with it, those of a chain at its
end, as a run has them; a submission is committed before anything is called. It is one process: no HTTP, no queue, no check,
no sweep, and nobody who might contradict it. Statements are prepared, arrays carry their rows, whatever waits goes with the
next commit. It runs on two databases:

- **two tables**: a row for each task and each step, no further index: what the promises cost on any Postgres.
- **Muster’s tables**: as it migrates them, with every index, trigger, check and key, and every history chained. Muster’s own
  invariants are asked of what the program wrote.

Of several ways (connections, statements under way, sizes of batches) and rounds the best one counts: others on the machine
only add. Meanwhile they took ${shortFigure(othersCores)} cores: the nearer to none, the more a floor that misses its goal says.

## Could any ledger on Postgres reach the goal on this machine?

${markdown(floorTable(lines))}

In brackets: how many times better than the goal, below 1 it misses it.

${floorWords(lines).join('\n')}

## Where Muster’s time goes

By step: its time in all over its steps. What the promises cost, with the calls themselves; what the tables add; and
everything else: processes, queues, HTTP, checks, decisions, reading.

${markdown(distanceTable(lines))}

## What a step costs at the floor

Commits are those of one chain, fan-out or graph, and of all chains of W2 together. CPU and WAL are those of one step; CPU is
that of every round, by \`/proc\`.

${markdown(floorCostTable(floors))}
`;
}

const peersIn = (lines: readonly FloorLine[]): string => [...new Set(lines.map(({ best }) => best))].join(', ');
