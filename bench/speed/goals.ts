import { figuresOf, type Result } from './results';

export const MUSTER = 'muster';
/** Fast, but what it answered may be lost in the next second: it is shown, and nobody is held against it. */
const NOT_DURABLE: readonly string[] = ['bullmq-redis'];
export const isDurable = (peer: string): boolean => !NOT_DURABLE.includes(peer);

export interface Measure {
  readonly workload: string;
  readonly metric: string;
  readonly says: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** How many times better than the best durable peer. */
  readonly goal?: number;
  /** A figure that it must not exceed, whatever the peers do. */
  readonly most?: number;
}

/** What is shown, in this order. */
export const MEASURES: readonly Measure[] = [
  measure('W1', 'workflow_p50', 'chain of 10, one at a time, p50', 'ms', 2),
  measure('W1', 'workflow_p99', 'the same, p99', 'ms'),
  { ...measure('W2', 'steps_per_s_1w', '2,000 chains of 5, one worker', 'steps/s', 3), better: 'higher' },
  { ...measure('W2', 'steps_per_s_2w', 'the same, two workers', 'steps/s'), better: 'higher' },
  measure('W3', 'fanout_300_wall', '300 steps of 100 ms at once', 'ms', 1.6),
  measure('W3', 'fanout_2000_wall', '2,000 steps of 100 ms at once', 'ms', 2.6),
  measure('W4', 'dag_1000_wall', 'graph of 1,000 steps', 'ms', 2),
  measure('W4', 'dag_10000_wall', 'graph of 10,000 steps', 'ms', 1.6),
  measure('W4', 'ratio_10k_1k', '10,000 steps against 1,000', '×'),
  measure('W5', 'restart_to_next_step', 'worker killed, until the next step', 'ms', 1.3),
  { ...measure('W5', 'steps_run_twice', 'effects that happened twice', 'steps'), most: 0 },
];

function measure(workload: string, metric: string, says: string, unit: string, goal?: number): Measure {
  return { workload, metric, says, unit, better: 'lower', goal };
}

/** One line of the comparison. */
export interface Comparison {
  readonly measure: Measure;
  readonly figures: ReadonlyMap<string, number>;
  /** The best durable peer. */
  readonly best?: string;
  /** How many times better than it Muster is; below 1 it is worse. */
  readonly ratio?: number;
  /** Undefined where nothing was promised, or nobody was there to be held against. */
  readonly reached?: boolean;
}

/** Pure: holds what was measured against the goals. Measures that nobody has a figure for are left out. */
export function compare(results: readonly Result[]): Comparison[] {
  return MEASURES.flatMap((one) => {
    const figures = figuresOf(results, one.workload, one.metric);
    return figures.size === 0 ? [] : [comparisonOf(one, figures)];
  });
}

function comparisonOf(measure: Measure, figures: ReadonlyMap<string, number>): Comparison {
  const own = figures.get(MUSTER);
  const best = bestOf(measure, figures);
  const ratio = own !== undefined && best ? ratioOf(measure, own, best.figure) : undefined;
  return { measure, figures, best: best?.peer, ratio, reached: reachedOf(measure, own, ratio) };
}

function bestOf({ better }: Measure, figures: ReadonlyMap<string, number>) {
  const peers = [...figures].filter(([peer]) => peer !== MUSTER && isDurable(peer));
  const [first] = peers.toSorted(([, a], [, b]) => (better === 'lower' ? a - b : b - a));
  return first && { peer: first[0], figure: first[1] };
}

/** Undefined where one of them is nothing: no step run twice is not infinitely better than one. */
function ratioOf({ better }: Measure, own: number, best: number): number | undefined {
  if (own === 0 || best === 0) return undefined;
  return better === 'lower' ? best / own : own / best;
}

function reachedOf({ goal, most }: Measure, own?: number, ratio?: number): boolean | undefined {
  if (own !== undefined && most !== undefined) return own <= most;
  return goal === undefined || ratio === undefined ? undefined : ratio >= goal;
}
