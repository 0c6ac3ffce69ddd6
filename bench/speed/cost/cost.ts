import type { Spending } from './counters';

/** What one step costs, by name of what it costs. */
export type StepCost = Readonly<Record<CostName, number>>;

/** In the order of the table, with what they are counted in. */
export const COSTS = {
  commits: 'commits',
  statements: 'statements',
  nested: 'statements inside of those',
  walBytes: 'bytes of WAL',
  jobs: 'queue jobs',
  cpuMs: 'ms of CPU',
} as const;
export type CostName = keyof typeof COSTS;

/** The services work for the steps; whoever submits them and serves the tool is somebody else. */
const NOT_OURS = ['client', 'supervisor', 'console'];

/**
 * Pure. `idle` is what the services spent while nothing was to be done: sweeps and heartbeats go by time, and a slower
 * machine must not make a step dearer by them.
 */
export function costOf(spending: Spending, idle: Spending, steps: number): StepCost {
  const share = spending.ms / idle.ms;
  const each = (of: (spending: Spending) => number): number => Math.max(0, (of(spending) - of(idle) * share) / steps);
  return {
    commits: each(({ commits }) => commits),
    statements: each(({ statements }) => statements),
    nested: each(({ nested }) => nested),
    walBytes: each(({ walBytes }) => walBytes),
    jobs: each(({ jobs }) => jobs),
    cpuMs: each(cpuMsOf),
  };
}

function cpuMsOf({ cpu }: Spending): number {
  const ours = [...cpu].filter(([part]) => !NOT_OURS.includes(part));
  return ours.reduce((sum, [, seconds]) => sum + seconds * 1_000, 0);
}
