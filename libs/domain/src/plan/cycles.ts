import type { PlanGraph } from './plan-graph';
import { PLAN_CHECK } from './plan-limits';

/**
 * Cycles of a plan, each as step indices in the order "waits for". A step that needs another waits until that one's
 * failure has been made good, too: so it also waits for its fallback. For that every step i has two moments, `i` when it
 * has run and `i + n` when nothing of it is open any more. Every step on a cycle, or waiting for one, leads to a cycle
 * that is found; runs in the number of steps and needs.
 */
export function cyclesOf(graph: PlanGraph): number[][] {
  const count = graph.needs.length;
  const waitsFor = momentsOf(graph);
  const stuck = stuckMoments(waitsFor);
  const visitedBy = new Int32Array(waitsFor.length).fill(-1);
  const cycles: number[][] = [];
  for (let start = 0; start < waitsFor.length && cycles.length < PLAN_CHECK.CYCLES_MAX; start++) {
    if (!stuck[start] || visitedBy[start] !== -1) continue;
    const cycle = walk(start, waitsFor, stuck, visitedBy);
    if (cycle) cycles.push(stepsOf(cycle, count));
  }
  return cycles;
}

function momentsOf({ needs, fallback, fallbackOf }: PlanGraph): readonly (readonly number[])[] {
  const count = needs.length;
  // A fallback waits for its own step to fail, not for that failure to be made good: it is what makes it good.
  const run = needs.map((needed, i) => needed.map((index) => (index === fallbackOf[i] ? index : index + count)));
  const done = fallback.map((to, i) => (to === undefined ? [i] : [i, to + count]));
  return [...run, ...done];
}

/** Takes away whatever waits for nothing, again and again; what is left is stuck. */
function stuckMoments(waitsFor: readonly (readonly number[])[]): boolean[] {
  const open = waitsFor.map((moments) => moments.length);
  const waiters: number[][] = waitsFor.map(() => []);
  waitsFor.forEach((moments, i) => {
    for (const moment of moments) waiters[moment]!.push(i);
  });
  const free = open.flatMap((count, i) => (count === 0 ? [i] : []));
  for (let moment = free.pop(); moment !== undefined; moment = free.pop()) {
    for (const waiter of waiters[moment]!) if (--open[waiter]! === 0) free.push(waiter);
  }
  return open.map((count) => count > 0);
}

/** Follows one stuck moment from another; undefined where that leads into what an earlier walk has seen. */
function walk(
  start: number,
  waitsFor: readonly (readonly number[])[],
  stuck: readonly boolean[],
  visitedBy: Int32Array,
): number[] | undefined {
  const trail: number[] = [];
  let at = start;
  while (visitedBy[at] === -1) {
    visitedBy[at] = start;
    trail.push(at);
    at = waitsFor[at]!.find((moment) => stuck[moment])!;
  }
  return visitedBy[at] === start ? trail.slice(trail.indexOf(at)) : undefined;
}

/** Steps instead of moments, a step once in a row, the first in plan order in front. */
function stepsOf(cycle: readonly number[], count: number): number[] {
  const steps = cycle.map((moment) => moment % count);
  const distinct = steps.filter((step, i) => step !== steps.at(i - 1) || steps.length === 1);
  if (distinct.length === 0) return steps.slice(0, 1);
  const first = distinct.indexOf(distinct.reduce((a, b) => Math.min(a, b)));
  return [...distinct.slice(first), ...distinct.slice(0, first)];
}

/** "a → b → a", shortened in the middle. */
export function cycleText(cycle: readonly number[], nameOf: (index: number) => string): string {
  const names = [...cycle, cycle[0]!].map(nameOf);
  const half = PLAN_CHECK.CYCLE_NAMES_MAX / 2;
  if (names.length <= PLAN_CHECK.CYCLE_NAMES_MAX) return names.join(' → ');
  return [...names.slice(0, half), '…', ...names.slice(-half)].join(' → ');
}
