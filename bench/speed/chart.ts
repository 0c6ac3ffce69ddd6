import { type Bar, type BarGroup, drawBars } from './bars';
import { type Comparison, isDurable, MUSTER } from './goals';
import { shortFigure } from './table';

/** bench/results.svg: a group of bars for every measure that has a goal, the best of each on top. */
export function chartOf(comparisons: readonly Comparison[], subtitle: string): string {
  const groups = comparisons.filter(({ measure }) => measure.goal !== undefined).map(groupOf);
  return drawBars({ title: 'Muster beside its peers', subtitle, groups, say: shortFigure });
}

function groupOf({ measure, figures, ratio }: Comparison): BarGroup {
  const { workload, says, unit, better } = measure;
  const bars = [...figures].map(([name, value]): Bar => ({ name, value, kind: kindOf(name) }));
  const sorted = bars.toSorted((a, b) => (better === 'lower' ? a.value - b.value : b.value - a.value));
  const note = ratio === undefined ? '' : `${ratio.toFixed(2)}× the best`;
  return { title: `${workload}: ${says}`, unit, note, bars: sorted };
}

function kindOf(name: string): Bar['kind'] {
  if (name === MUSTER) return 'own';
  return isDurable(name) ? 'peer' : 'pale';
}
