import type { Reading } from './gauges';
import { CALLS_PER_TASK } from './load';
import { drawPicture, type Panel } from './picture';
import { type Finding, megabytes } from './verdict';

/** What a run was, for whoever reads its results. */
export interface Run {
  readonly command: string;
  readonly commit: string;
  readonly machine: string;
  readonly at: string;
  readonly minutes: number;
  readonly maximumPerSecond: number;
  readonly perSecond: number;
  readonly invariantRuns: number;
}

const MB = 2 ** 20;

export function pictureOf(readings: readonly Reading[], run: Run): string {
  const subtitle = `${run.perSecond.toFixed(1)} tasks a second of ${CALLS_PER_TASK} calls each, half of what this machine can do; ${run.at}, ${run.machine}`;
  const title = `${run.minutes} minutes under load`;
  return drawPicture({
    title,
    subtitle,
    seconds: readings.map(({ atSeconds }) => atSeconds),
    panels: panelsOf(readings),
  });
}

function panelsOf(readings: readonly Reading[]): Panel[] {
  const services = Object.keys(readings.at(-1)!.memory);
  const curve = (name: string, of: (reading: Reading) => number) => ({ name, values: readings.map(of) });
  return [
    {
      title: 'Resident memory by service',
      unit: 'MB',
      curves: services.map((service) => curve(service, ({ memory }) => (memory[service] ?? 0) / MB)),
    },
    { title: 'Memory of Redis', unit: 'MB', curves: [curve('used', ({ redisBytes }) => redisBytes / MB)] },
    {
      title: 'Jobs in the queues, tasks under way',
      unit: '',
      curves: [
        curve('jobs', ({ jobsUnderWay }) => jobsUnderWay),
        curve('kept after', ({ jobsKept }) => jobsKept),
        curve('tasks', ({ tasksOpen }) => tasksOpen),
      ],
    },
    {
      title: 'Sessions idle in transaction: the age of the oldest',
      unit: 's',
      curves: [curve('oldest', ({ idleInTransactionSeconds }) => idleInTransactionSeconds)],
    },
    {
      title: 'Tables and indexes, by finished task',
      unit: 'KB',
      curves: [curve('room', ({ databaseBytes, tasksEnded }) => databaseBytes / Math.max(1, tasksEnded) / 1_024)],
    },
    {
      title: 'Rows',
      unit: '',
      curves: [curve('live', ({ liveRows }) => liveRows), curve('dead', ({ deadRows }) => deadRows)],
    },
  ];
}

/** docs/soak.md */
export function pageOf(readings: readonly Reading[], findings: readonly Finding[], run: Run): string {
  const last = readings.at(-1)!;
  const lines = findings.map(({ what, says, holds }) => `| ${what} | ${says} | ${holds ? 'holds' : '**broken**'} |`);
  return `# Under load for long

${run.minutes} minutes at ${run.perSecond.toFixed(1)} tasks a second (${(run.perSecond * CALLS_PER_TASK).toFixed(0)} calls), half of the ${run.maximumPerSecond.toFixed(1)} that this machine
could do before. Measured by \`${run.command}\` at commit \`${run.commit}\`, ${run.at}, on
${run.machine}. Every reading is in [soak.csv](soak.csv).

![The curves of the run](soak.svg)

| what | measured | |
|---|---|---|
${lines.join('\n')}
| invariants | asked ${run.invariantRuns} times, once a minute and at the end | holds |

${last.tasksEnded} tasks ended, ${last.tasksOpen} were under way at the last reading; the tables took ${megabytes(last.databaseBytes)}.
Memory counts as flat when the line through its readings, after the first third of the run, rises by less than 15 % or
24 MB (Redis: 8 MB) over the rest. The services run with a heap of 192 MB, as in a container: given all of a large
machine, V8 would collect too rarely for growth to mean anything.
`;
}

/** docs/soak.csv: a line for each reading. */
export function numbersOf(readings: readonly Reading[]): string {
  const services = Object.keys(readings.at(-1)!.memory);
  const { memory: _, ...rest } = readings[0]!;
  const names = Object.keys(rest) as Exclude<keyof Reading, 'memory'>[];
  const head = [...names, ...services.map((service) => `memory_${service}`)];
  const lines = readings.map((reading) => [
    ...names.map((name) => +reading[name].toFixed(2)),
    ...services.map((service) => reading.memory[service] ?? ''),
  ]);
  return `${[head, ...lines].map((cells) => cells.join(',')).join('\n')}\n`;
}
