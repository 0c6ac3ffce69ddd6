import { hasEnded, type StepState } from '@muster/domain';
import type { StepCounts } from './snapshot';

/** Counts the steps of a task by state as they move, so that nobody who asks has to read all of them. */
export class StepTally {
  private readonly tally: Map<StepState, number>;

  constructor(counts: StepCounts = {}) {
    this.tally = new Map(Object.entries(counts) as [StepState, number][]);
  }

  add(state: StepState, steps = 1): void {
    this.tally.set(state, (this.tally.get(state) ?? 0) + steps);
  }

  move(from: StepState, to: StepState): void {
    this.add(from, -1);
    this.add(to);
  }

  /** As the commit closes them: every step that has not ended is cancelled. */
  close(): void {
    for (const [state, steps] of this.tally) {
      if (hasEnded(state)) continue;
      this.add(state, -steps);
      this.add('cancelled', steps);
    }
  }

  get counts(): StepCounts {
    return Object.fromEntries([...this.tally].filter(([, steps]) => steps !== 0));
  }
}

export function countSteps(steps: readonly { readonly state: StepState }[]): StepCounts {
  const tally = new StepTally();
  for (const { state } of steps) tally.add(state);
  return tally.counts;
}
