import { hasEnded, isCallKey } from '@muster/domain';
import { endCall } from './agents';
import type { Draft } from './draft';
import { failStep, skipStep, succeedStep } from './endings';
import { failureOf } from './failure';
import type { StepRow } from './snapshot';

/** Carries the end of a step to what stands behind it. */
export function propagate(draft: Draft, id: string, met: boolean): void {
  const step = draft.step(id);
  if (isCallKey(step.key)) {
    // Whatever its agent does about a failure, a step of a sub-plan that needs it cannot begin.
    release(draft, step, step.state === 'succeeded');
    return endCall(draft, step);
  }
  if (step.parentId !== null) return endItem(draft, step);
  const { fallback } = draft.compiled(step);
  if (fallback === undefined) settle(draft, step, met);
  else endGuarded(draft, step, draft.stepAt(fallback), met);
}

/** A step with a fallback ended: its dependants wait for the fallback only if it failed and the fallback can still run. */
function endGuarded(draft: Draft, step: StepRow, fallback: StepRow, met: boolean): void {
  const isOpen = !hasEnded(fallback.state);
  if (step.state === 'failed') return isOpen ? meetNeed(draft, fallback) : standIn(draft, step.id, false);
  if (isOpen) skipStep(draft, fallback, met ? 'fallback_not_needed' : 'upstream_failed', met);
  settle(draft, step, met);
}

/** The fallback of a failed step has ended, and so has that step itself, as far as others are concerned. */
export function standIn(draft: Draft, id: string, met: boolean): void {
  const step = draft.step(id);
  if (!met) draft.task.failure ??= step.failure;
  settle(draft, step, met);
}

/** What becomes of a step, its own fallback included, is known. A fallback that never ran makes up for nothing. */
function settle(draft: Draft, step: StepRow, met: boolean): void {
  const { fallback, fallbackOf } = draft.compiled(step);
  release(draft, step, met, fallback);
  if (fallbackOf === undefined) return;
  const guarded = draft.stepAt(fallbackOf);
  if (guarded.state === 'failed')
    draft.follow({ kind: 'stood-in', id: guarded.id, met: met && step.state !== 'skipped' });
}

/** Meets, or fails to meet, the needs of every direct dependant but one. */
function release(draft: Draft, step: StepRow, met: boolean, exceptIndex?: number): void {
  draft.require(step.dependants, met ? undefined : step.id);
  for (const id of step.dependants) {
    const dependant = draft.step(id);
    if (dependant.planIndex === exceptIndex || hasEnded(dependant.state)) continue;
    if (met) meetNeed(draft, dependant);
    else skipStep(draft, dependant, 'upstream_failed', false);
  }
}

function meetNeed(draft: Draft, dependant: StepRow): void {
  const { waitingOn } = draft.change(dependant.id, { waitingOn: dependant.waitingOn - 1 });
  if (waitingOn === 0) draft.follow({ kind: 'arrived', id: dependant.id });
}

/** An item of a `forEach` ended: the next one takes its slot, and with the last one the whole step ends. */
function endItem(draft: Draft, item: StepRow): void {
  const parent = draft.step(item.parentId!);
  if (parent.condition.kind !== 'items') return;
  const failed = item.state === 'failed' && draft.compiled(item).onFailure !== 'continue';
  const condition = failed
    ? { ...parent.condition, failed: parent.condition.failed + 1, first: parent.condition.first ?? item.key }
    : parent.condition;
  const { waitingOn } = draft.change(parent.id, { waitingOn: parent.waitingOn - 1, condition });
  if (draft.compiled(parent).maxParallel !== undefined && waitingOn > 0) startNextItem(draft, parent, condition.total);
  if (waitingOn > 0) return;
  if (condition.failed === 0) return succeedStep(draft, draft.step(parent.id));
  const message = `${condition.failed} of ${condition.total} items failed; the first is ${condition.first}.`;
  failStep(draft, draft.step(parent.id), itemsFailure(draft, parent, item, message));
}

function itemsFailure(draft: Draft, parent: StepRow, item: StepRow, message: string) {
  const own = failureOf(draft, parent, 'items_failed', 'definite', message);
  return { ...own, ...(item.failure ? { operationId: item.failure.operationId, trace: item.failure.trace } : {}) };
}

function startNextItem(draft: Draft, parent: StepRow, total: number): void {
  const next = draft.nextItem(parent, total);
  if (next) draft.follow({ kind: 'arrived', id: next });
}
