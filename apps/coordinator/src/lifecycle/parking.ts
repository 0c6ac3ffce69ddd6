import type { Draft } from './draft';
import { failStep } from './endings';
import { failureOf, type GivingUp } from './failure';
import type { OperationRow, StepRow } from './snapshot';

/** No automatic move is safe: a person has to say what became of the operation. */
export function park(draft: Draft, step: StepRow, operation: OperationRow, reason: string, message: string): void {
  if (step.state === 'parked' && step.condition.kind === 'person' && step.condition.reason === reason) return;
  draft.park(step.id, { kind: 'person', reason, message, operationId: operation.id }, null);
}

/**
 * The step cannot go on. It fails for good, but not over a call that may have happened: what stands behind a failure,
 * its fallback above all, relies on nothing having been done.
 */
export function giveUp(draft: Draft, step: StepRow, because: GivingUp): void {
  const operation = draft.operation(step);
  if (operation?.state === 'unknown' && operation.effect !== 'none') {
    return park(draft, step, operation, because.exitReason, because.message);
  }
  const failure = failureOf(draft, step, because.exitReason, because.retryClass, because.message);
  if (operation?.state === 'unknown') {
    draft.conclude(step, {
      state: 'absent',
      resolver: 'coordinator',
      code: operation.code,
      message: 'A call that changes nothing left nothing behind.',
    });
  }
  failStep(draft, draft.step(step.id), failure);
}
