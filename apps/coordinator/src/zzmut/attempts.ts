import type { Draft } from './draft';
import type { OperationRow, StepRow } from './snapshot';

/** The sender is gone, or answers nobody: no fault of the tool, so that the step goes on at once. */
export const isWorkerLoss = (operation: OperationRow): boolean =>
  operation.code === 'worker_lost' || operation.code === 'worker_silent';

export const count = (step: StepRow, name: string): Record<string, number> => ({
  ...step.attempts,
  [name]: (step.attempts[name] ?? 0) + 1,
});

/**
 * Whether this sending was the last one that the retry policy allows. Only what the tool did counts: a lost worker is
 * bounded by the quarantine, and what a person released is that person's to bound. A silent worker was counted when it
 * was found silent.
 */
export function isSpent(draft: Draft, step: StepRow, operation: OperationRow): boolean {
  const { worker_lost: _lost, ...others } = step.attempts;
  const earlier = Object.values(others).reduce((sum, times) => sum + times, 0);
  return earlier + (isWorkerLoss(operation) ? 0 : 1) >= draft.compiled(step).retry.maxAttempts;
}
