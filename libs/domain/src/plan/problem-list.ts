import type { Problem } from './plan';
import { PLAN_CHECK } from './plan-limits';

/** Collects what is wrong, in the order it is found; keeps a bounded number and counts the rest. */
export class ProblemList {
  private readonly kept: Problem[] = [];
  private leftOut = 0;

  add(pointer: string, code: string, message: string): void {
    if (this.kept.length < PLAN_CHECK.PROBLEMS_MAX) this.kept.push({ pointer, code, message });
    else this.leftOut++;
  }

  addAll(problems: Iterable<Problem>): void {
    for (const { pointer, code, message } of problems) this.add(pointer, code, message);
  }

  /** Everything found; where some was left out, `pointer` says where in a last problem. */
  all(pointer: string): readonly Problem[] {
    if (this.leftOut === 0) return this.kept;
    const message = `${this.leftOut} more problems are left out.`;
    return [...this.kept, { pointer, code: 'more_problems', message }];
  }
}
