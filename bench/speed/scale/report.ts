import type { Origin } from '../origin';
import { markdown, shortFigure, type Table } from '../table';
import type { ScalePoint } from './scale';

/** Who calls is not what is measured. */
const CALLERS = ['client', 'supervisor', 'console'];

export function scaleTable(points: readonly ScalePoint[]): Table {
  const parts = [...new Set(points.flatMap(({ busiest }) => [...busiest.keys()]))].toSorted();
  const rows = points.map((point) => [
    String(point.executors),
    String(point.coordinators),
    shortFigure(point.stepsPerSecond),
    ...parts.map((part) => shortFigure(100 * (point.busiest.get(part) ?? 0))),
    bottleneckOf(point),
  ]);
  return {
    rows: [['executors', 'coordinators', 'steps/s', ...parts, 'busiest'], ...rows],
    textColumns: [parts.length + 3],
  };
}

/** The service, or server, whose busiest process has the least left of its core. */
export function bottleneckOf({ busiest }: Pick<ScalePoint, 'busiest'>): string {
  const parts = [...busiest].filter(([part]) => !CALLERS.includes(part));
  return parts.toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

/** bench/SCALE.md */
export const scalePage = (points: readonly ScalePoint[], origin: Origin): string => `# More of them

Measured by \`${origin.command}\` at commit \`${origin.commit}\`, ${origin.at}, on ${origin.machine}: chains of five in
batches, half of them at each coordinator where there are two. Beside the rate stands the CPU of the busiest process of
each part, as percents of one core; of Postgres all its processes together. On a machine whose cores are all taken more
processes cannot be quicker: the figures then say what each of them costs.

${markdown(scaleTable(points))}
`;
