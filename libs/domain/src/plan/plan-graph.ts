import type { StepDocument } from './plan';
import type { PlanReading, Reads, StepReading } from './plan-reading';

/** Who waits for whom, by index in plan order. Names that no step has are left out; the rules report them. */
export interface PlanGraph {
  /** Of two steps with one id, the first. */
  readonly indexOf: ReadonlyMap<string, number>;
  /** Sorted, no doubles. */
  readonly needs: readonly (readonly number[])[];
  readonly dependants: readonly (readonly number[])[];
  readonly fallback: readonly (number | undefined)[];
  readonly fallbackOf: readonly (number | undefined)[];
}

export function graphOf({ steps }: PlanReading): PlanGraph {
  const indexOf = new Map<string, number>();
  steps.forEach(({ step }, i) => {
    if (!indexOf.has(step.id)) indexOf.set(step.id, i);
  });
  const fallback = steps.map(({ step }) => indexOf.get(fallbackIdOf(step) ?? ''));
  const fallbackOf = inverseOf(fallback);
  const needs = steps.map((reading, i) => needsOf(reading, indexOf, fallbackOf[i]));
  return { indexOf, needs, dependants: dependantsOf(needs), fallback, fallbackOf };
}

export function fallbackIdOf({ onFailure }: StepDocument): string | undefined {
  return typeof onFailure === 'object' ? onFailure.fallback : undefined;
}

/** Indices of the steps that are read, sorted. */
export const indicesOf = (reads: Reads, indexOf: ReadonlyMap<string, number>): number[] =>
  sortedIndices([...reads.keys()], indexOf);

function needsOf(reading: StepReading, indexOf: ReadonlyMap<string, number>, fallbackOf?: number): number[] {
  const { step, input, gate, check } = reading;
  const keys = [...(step.needs ?? []), ...input.keys(), ...gate.keys(), ...check.keys()];
  return sortedIndices(keys, indexOf, fallbackOf === undefined ? [] : [fallbackOf]);
}

function sortedIndices(keys: readonly string[], indexOf: ReadonlyMap<string, number>, more: number[] = []): number[] {
  const indices = new Set(more);
  for (const key of keys) {
    const index = indexOf.get(key);
    if (index !== undefined) indices.add(index);
  }
  return [...indices].sort((a, b) => a - b);
}

function inverseOf(fallback: readonly (number | undefined)[]): (number | undefined)[] {
  const inverse = new Array<number | undefined>(fallback.length).fill(undefined);
  fallback.forEach((to, from) => {
    if (to !== undefined) inverse[to] ??= from;
  });
  return inverse;
}

function dependantsOf(needs: readonly (readonly number[])[]): number[][] {
  const dependants: number[][] = needs.map(() => []);
  needs.forEach((needed, i) => {
    for (const index of needed) dependants[index]!.push(i);
  });
  return dependants;
}
