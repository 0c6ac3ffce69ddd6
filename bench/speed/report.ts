import { COSTS, type CostName, type StepCost } from './cost/cost';
import type { Spending } from './cost/counters';
import { type Comparison, MUSTER } from './goals';
import type { CpuSeconds } from './processes';
import { peersIn, type Result } from './results';
import { shortFigure, type Table } from './table';

/** The comparison with everybody that was measured; ratios where there was somebody to be held against. */
export function comparisonTable(comparisons: readonly Comparison[], results: readonly Result[]): Table {
  const peers = [...peersIn(results).keys()];
  const others = peers.filter((peer) => peer !== MUSTER);
  const names = [...(peers.includes(MUSTER) ? [MUSTER] : []), ...others];
  const head = ['', '', 'unit', ...names, ...(others.length > 0 ? ['ratio', 'goal'] : [])];
  const rows = comparisons.map((comparison) => {
    const { measure, figures } = comparison;
    const cells = names.map((name) => (figures.has(name) ? shortFigure(figures.get(name)!) : ''));
    const verdict = others.length > 0 ? [ratioText(comparison), goalText(comparison)] : [];
    return [measure.workload, measure.says, measure.unit, ...cells, ...verdict];
  });
  return { rows: [head, ...rows], textColumns: [0, 1, 2, head.indexOf('goal')] };
}

const ratioText = ({ ratio }: Comparison): string => (ratio === undefined ? '' : `${ratio.toFixed(2)}×`);

function goalText({ measure: { goal, most }, reached }: Comparison): string {
  if (goal === undefined && most === undefined) return '';
  const wanted = goal === undefined ? `≤ ${most}` : `≥ ${goal}×`;
  return reached === undefined ? wanted : `${wanted} ${reached ? 'reached' : 'missed'}`;
}

export function costTable(costs: ReadonlyMap<number, StepCost>): Table {
  const loads = [...costs.keys()];
  const head = ['cost of a step', ...loads.map((tasks) => `${tasks} at a time`)];
  const rows = (Object.keys(COSTS) as CostName[]).map((name) => [
    COSTS[name],
    ...loads.map((tasks) => shortFigure(costs.get(tasks)![name])),
  ]);
  return { rows: [head, ...rows], textColumns: [0] };
}

/** How busy each part was: its CPU as a share of one core, over what was measured. */
export interface Share {
  readonly name: string;
  readonly seconds: number;
  readonly cpu: CpuSeconds;
}

export const shareOf = (tasks: number, { ms, cpu }: Spending): Share => ({
  name: `${tasks} at a time`,
  seconds: ms / 1_000,
  cpu,
});

export function shareTable(shares: readonly Share[]): Table {
  const parts = [...new Set(shares.flatMap(({ cpu }) => [...cpu.keys()]))].toSorted();
  const head = ['CPU, % of a core', 'seconds', ...parts];
  const rows = shares.map(({ name, seconds, cpu }) => [
    name,
    shortFigure(seconds),
    ...parts.map((part) => shortFigure((100 * (cpu.get(part) ?? 0)) / seconds)),
  ]);
  return { rows: [head, ...rows], textColumns: [0] };
}
