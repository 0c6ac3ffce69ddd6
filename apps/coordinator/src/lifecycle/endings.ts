import { returnCall } from './agent-budget';
import type { Draft } from './draft';
import { failureOf } from './failure';
import { isPlanning, noOtherPlan } from './planning';
import type { FailureRecord, StepRow } from './snapshot';

/** The step did what it was to do, and whoever had to judge it has. */
export function succeedStep(draft: Draft, step: StepRow): void {
  draft.end(step.id, 'succeeded', { type: 'step.succeeded', data: {} });
  draft.follow({ kind: 'ended', id: step.id, met: true });
}

/**
 * The step failed for good. Whether that meets the needs behind it is `onFailure`'s to say: `continue` absorbs it, a
 * fallback may still make up for it, anything else fails the task once everything that can still run has ended.
 */
export function failStep(draft: Draft, step: StepRow, failure: FailureRecord): void {
  const { onFailure } = draft.compiled(step);
  draft.end(
    step.id,
    'failed',
    { type: 'step.failed', data: { exitReason: failure.exitReason, message: failure.message } },
    failure,
  );
  const isItem = step.parentId !== null;
  const isAbsorbed = onFailure === 'continue' || (onFailure === 'fallback' && !isItem) || isItem;
  if (!isAbsorbed) failTaskBy(draft, step, failure);
  draft.follow({ kind: 'ended', id: step.id, met: onFailure === 'continue' });
}

/** The first failure is the task's; what comes of looking for another plan is told with it. */
function failTaskBy(draft: Draft, step: StepRow, failure: FailureRecord): void {
  const first = draft.task.failure;
  draft.task.failure = first && isPlanning(step) ? noOtherPlan(first, failure) : (first ?? failure);
}

/** `met`: skipped through its own `when`, or a fallback that was not needed; otherwise it stands behind a failure. */
export function skipStep(draft: Draft, step: StepRow, reason: string, met: boolean): void {
  // A member of a run is reserved a call when its run sets off.
  if (step.state === 'dispatched') returnCall(draft, step);
  draft.end(step.id, 'skipped', { type: 'step.skipped', data: { reason } });
  draft.follow({ kind: 'ended', id: step.id, met });
}

/** An expression of the plan could not be evaluated: a definite failure, since it would fail again. */
export function failExpression(draft: Draft, step: StepRow, where: string, message: string): void {
  failStep(draft, step, failureOf(draft, step, 'expression_error', 'definite', `${where}: ${message}`));
}
