import type { PlanGraph } from './plan-graph';

/** Pairs looked at in one walk over the plan: so many bits a step. */
const PAIRS_A_WALK = 1_024;
const BITS_A_WORD = 32;

/** Who runs only after whom: a step's needs, and whatever may make their failures good. */
export interface RunOrder {
  readonly after: readonly (readonly number[])[];
  /** Each step after all that it runs after; steps on a cycle, and behind one, are left out. */
  readonly order: readonly number[];
}

export function runOrderOf({ needs, fallback, fallbackOf }: PlanGraph): RunOrder {
  const after = needs.map((needed, i) => [
    ...new Set(needed.flatMap((need) => (need === fallbackOf[i] ? [need] : [need, ...fallbacksOf(need, fallback)]))),
  ]);
  return { after, order: topologicalOrder(after) };
}

/** A fallback, the fallback of that, and so on; rings of fallbacks are cycles, which other rules report. */
function fallbacksOf(step: number, fallback: PlanGraph['fallback']): number[] {
  const chain = new Set<number>();
  for (let at = fallback[step]; at !== undefined && !chain.has(at); at = fallback[at]) chain.add(at);
  return [...chain];
}

/** Each step after all that it runs after; steps on a cycle, and behind one, are left out. */
export function topologicalOrder(after: readonly (readonly number[])[]): number[] {
  const open = after.map((earlier) => earlier.length);
  const later: number[][] = after.map(() => []);
  for (const [i, earlier] of after.entries()) for (const step of earlier) later[step]!.push(i);
  const order = open.flatMap((count, i) => (count === 0 ? [i] : []));
  for (let at = 0; at < order.length; at++) {
    for (const waiter of later[order[at]!]!) if (--open[waiter]! === 0) order.push(waiter);
  }
  return order;
}

export interface StepPair {
  readonly earlier: number;
  readonly later: number;
}

/**
 * The pairs whose later step does not wait, directly or through others, for the earlier one. Takes time in the number of
 * steps and needs for every 1,024 pairs.
 */
export function unorderedPairs<P extends StepPair>(pairs: readonly P[], runOrder: RunOrder): P[] {
  const unordered: P[] = [];
  for (let from = 0; from < pairs.length; from += PAIRS_A_WALK) {
    unordered.push(...unorderedAmong(pairs.slice(from, from + PAIRS_A_WALK), runOrder));
  }
  return unordered;
}

function unorderedAmong<P extends StepPair>(pairs: readonly P[], { after, order }: RunOrder): P[] {
  const words = Math.ceil(pairs.length / BITS_A_WORD);
  const behind = new Int32Array(after.length * words);
  const bitsOf = new Map<number, number[]>();
  for (const [bit, { earlier }] of pairs.entries()) bitsOf.set(earlier, [...(bitsOf.get(earlier) ?? []), bit]);
  for (const step of order) {
    for (const before of after[step]!) {
      for (let word = 0; word < words; word++) behind[step * words + word]! |= behind[before * words + word]!;
      for (const bit of bitsOf.get(before) ?? []) setBit(behind, step * words, bit);
    }
  }
  return pairs.filter(({ later }, bit) => !hasBit(behind, later * words, bit));
}

function setBit(bits: Int32Array, offset: number, bit: number): void {
  bits[offset + Math.floor(bit / BITS_A_WORD)]! |= 1 << (bit % BITS_A_WORD);
}

const hasBit = (bits: Int32Array, offset: number, bit: number): boolean =>
  (bits[offset + Math.floor(bit / BITS_A_WORD)]! & (1 << (bit % BITS_A_WORD))) !== 0;
