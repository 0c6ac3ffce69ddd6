import { PLAN_CHECK } from './plan-limits';

/** Finds what somebody may have meant, a bounded number of times, since each search compares with every name. */
export class NameSuggester {
  private left: number = PLAN_CHECK.SUGGESTIONS_MAX;

  /** " Did you mean 'x'?", or nothing where no name is near. */
  suggest(name: string, names: Iterable<string>): string {
    if (this.left <= 0) return '';
    this.left--;
    const nearest = nearestName(name, names);
    return nearest === undefined ? '' : ` Did you mean '${nearest}'?`;
  }
}

/** The name at the smallest distance, at most a third of its length away; of several the first in order. */
export function nearestName(name: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let smallest = Math.max(1, Math.floor(name.length / 3)) + 1;
  let seen = 0;
  for (const candidate of names) {
    if (++seen > PLAN_CHECK.SUGGESTION_NAMES_MAX) break;
    if (Math.abs(candidate.length - name.length) >= smallest) continue;
    const distance = editDistance(name, candidate);
    if (distance < smallest) [nearest, smallest] = [candidate, distance];
  }
  return nearest;
}

/** Damerau-Levenshtein (optimal string alignment): insertions, deletions, changes and swaps of neighbours. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = last[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swap = isSwap ? beforeLast[j - 2]! + 1 : Infinity;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, change, swap));
    }
    [beforeLast, last] = [last, row];
  }
  return last[to.length]!;
}
