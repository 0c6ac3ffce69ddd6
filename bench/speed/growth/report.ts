import type { Origin } from '../origin';
import { markdown, shortFigure, type Table } from '../table';
import type { Growth } from './growth';
import type { PageTime } from './pages';

/** A step of something large may take this much longer than one of something small. */
const TIMES_MAX = 1.5;
/** A person at a screen takes it for at once. */
const PAGE_MS_MAX = 50;

/** What has to hold however much there is. */
export interface Finding {
  readonly what: string;
  readonly measured: string;
  readonly bound: string;
  readonly holds: boolean;
}

/** Pure. */
export function findingsOf(growth: Growth): Finding[] {
  const [small, ...large] = growth.plans;
  const { emptyTables, fullTables } = growth.stepMs;
  return [
    ...large.map(({ steps, msPerStep }) =>
      times(`step of a plan of ${count(steps)} against one of ${count(small!.steps)}`, msPerStep, small!.msPerStep),
    ),
    times(`step of a chain beside ${count(growth.finishedTasks)} finished tasks`, fullTables, emptyTables),
    page(`slowest page of a history of ${count(growth.history.events)} events`, growth.history.slowestPageMs),
    page('a stream taken up again at its end', growth.history.resumeMs),
    ...growth.largePages.map((one) => pageOf(`the largest plan: ${one.says}`, one)),
    ...growth.fullPages.map((one) => pageOf(`${count(growth.finishedTasks)} tasks: ${one.says}`, one)),
  ];
}

function times(what: string, ms: number, against: number): Finding {
  const ratio = ms / against;
  const measured = `${ms.toFixed(2)} ms, ${ratio.toFixed(2)}×`;
  return { what, measured, bound: `≤ ${TIMES_MAX}×`, holds: ratio <= TIMES_MAX };
}

const page = (what: string, ms: number): Finding => ({
  what,
  measured: `${shortFigure(ms)} ms`,
  bound: `≤ ${PAGE_MS_MAX} ms`,
  holds: ms <= PAGE_MS_MAX,
});

const pageOf = (what: string, { ms }: PageTime): Finding => ({
  ...page(what, ms.p90),
  measured: `p50 ${shortFigure(ms.p50)} ms, p90 ${shortFigure(ms.p90)} ms`,
});

const count = (value: number): string => value.toLocaleString('en');

export const findingTable = (findings: readonly Finding[]): Table => ({
  rows: [
    ['what', 'measured', 'bound', ''],
    ...findings.map(({ what, measured, bound, holds }) => [what, measured, bound, holds ? 'holds' : '**broken**']),
  ],
  textColumns: [0, 1, 2, 3],
});

/** bench/GROWTH.md */
export const growthPage = (findings: readonly Finding[], origin: Origin): string => `# What grows

Measured by \`${origin.command}\` at commit \`${origin.commit}\`, ${origin.at}, on ${origin.machine}.

${markdown(findingTable(findings))}

A plan is a graph in which each step needs two of the layer before; the time counts from the submission to the end. Pages
hold 50 items, those of the history 500; of pages the 90th percentile counts. Finished tasks are copies of rows that
really ran, under ids of their own, added by SQL.
`;
