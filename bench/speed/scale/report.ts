import { statementTable } from '../cost/statements';
import { drawFlame } from '../flames/flame-picture';
import type { Origin } from '../origin';
import { markdown, shortFigure, type Table } from '../table';
import type { FlamePoint, ServiceFlame } from './flames';
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

/** Where the picture of a service stands, from bench/. */
const pictureOf = ({ executors, coordinators }: FlamePoint, { service }: ServiceFlame): string =>
  `flames/${service}-${executors}x${coordinators}.svg`;

/** The pictures of all services at a point, by their names. */
export function flamePictures(points: readonly FlamePoint[], { at, commit }: Origin): [string, string][] {
  return points.flatMap((point) =>
    point.services.map((one): [string, string] => {
      const title = `Where the time of ${one.processes === 1 ? `the ${one.service}` : many(one.processes, one.service)} goes`;
      const rate = `${shortFigure(point.stepsPerSecond)} steps a second in chains of five`;
      const subtitle = `${sayPoint(point)}: ${rate}; ${shortFigure(one.cores)} cores in all; at ${commit}, ${at}`;
      return [pictureOf(point, one), drawFlame({ title, subtitle, flame: one.flame })];
    }),
  );
}

const many = (count: number, name: string): string => `${count} ${name}${count === 1 ? '' : 's'}`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const sayPoint = ({ executors, coordinators }: FlamePoint): string =>
  `${many(executors, 'executor')} and ${many(coordinators, 'coordinator')}`;

/** bench/SCALE.md */
export const scalePage = (
  points: readonly ScalePoint[],
  flames: readonly FlamePoint[],
  origin: Origin,
): string => `# More of them

Measured by \`${origin.command}\` at commit \`${origin.commit}\`, ${origin.at}, on ${origin.machine}: chains of five in
batches, half of them at each coordinator where there are two. Beside the rate stands the CPU of the busiest process of
each part, as percents of one core; of Postgres all its processes together. On a machine whose cores are all taken more
processes cannot be quicker: the figures then say what each of them costs.

${markdown(scaleTable(points))}

## Where each process spends its time

CPU profiles of further rounds, which make everything a little slower, without what a start costs. Width is time at
work; what stands on something was called by it. Services that have next to nothing to do are left out. Opened by itself a
picture says of every frame how long it took.

${flames.map(flameSection).join('\n\n')}
`;

function flameSection(point: FlamePoint): string {
  const pictures = point.services.map((one) => `![${capital(one.service)}](${pictureOf(point, one)})`);
  return `### ${capital(sayPoint(point))}

${shortFigure(point.stepsPerSecond)} steps a second with profiles.

${pictures.join('\n\n')}

What Postgres worked on longest, by \`pg_stat_statements\`:

${markdown(statementTable(point.statements))}`;
}
