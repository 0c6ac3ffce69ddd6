import { hasEnded } from '@muster/domain';
import { MissingFacts, type Draft } from './draft';
import { failStep, skipStep, succeedStep } from './endings';
import { failureOf } from './failure';
import type { StepRow } from './snapshot';

/** Carries the end of a step to what stands behind it. */
export function propagate(draft: Draft, id: string, met: boolean): void {
  const step = draft.step(id);
  if (step.parentId !== null) return endItem(draft, step);
  const compiled = draft.compiled(step);
  if (compiled.fallback !== undefined && step.state !== 'skipped') return endGuarded(draft, step, compiled.fallback);
  if (compiled.fallback !== undefined) dismissFallback(draft, compiled.fallback, met);
  if (compiled.fallbackOf !== undefined) endFallback(draft, step, compiled.fallbackOf);
  release(draft, step, met, compiled.fallback);
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
  if (waitingOn === 0) draft.worklist.push({ kind: 'arrived', id: dependant.id });
}

/** A step with a fallback succeeded or failed: its dependants wait for the fallback only in the second case. */
function endGuarded(draft: Draft, step: StepRow, fallbackIndex: number): void {
  const fallback = draft.stepAt(fallbackIndex);
  if (step.state === 'failed') return hasEnded(fallback.state) ? undefined : meetNeed(draft, fallback);
  dismissFallback(draft, fallbackIndex, true);
  release(draft, step, true, fallbackIndex);
}

function dismissFallback(draft: Draft, fallbackIndex: number, met: boolean): void {
  const fallback = draft.stepAt(fallbackIndex);
  if (hasEnded(fallback.state)) return;
  skipStep(draft, fallback, met ? 'fallback_not_needed' : 'upstream_failed', met);
}

/** The fallback's end is the end of the step it stands in for, as far as that step's dependants are concerned. */
function endFallback(draft: Draft, fallback: StepRow, guardedIndex: number): void {
  const guarded = draft.stepAt(guardedIndex);
  if (guarded.state !== 'failed') return;
  const met = fallback.state === 'succeeded' || draft.compiled(fallback).onFailure === 'continue';
  if (!met) draft.task.failure ??= guarded.failure;
  release(draft, guarded, met, fallback.planIndex);
}

/** An item of a `forEach` ended: the next one takes its slot, and with the last one the whole step ends. */
function endItem(draft: Draft, item: StepRow): void {
  const parent = draft.step(item.parentId!);
  if (parent.condition.kind !== 'items') return;
  const failed = item.state === 'failed' && draft.compiled(item).onFailure !== 'continue';
  const condition = failed ? { ...parent.condition, failed: parent.condition.failed + 1, first: parent.condition.first ?? item.key } : parent.condition;
  const { waitingOn } = draft.change(parent.id, { waitingOn: parent.waitingOn - 1, condition });
  if (draft.compiled(parent).maxParallel !== undefined && waitingOn > 0) startNextItem(draft, parent);
  if (waitingOn > 0) return;
  if (condition.failed === 0) return succeedStep(draft, draft.step(parent.id));
  const message = `${condition.failed} of ${condition.total} items failed; the first is ${condition.first}.`;
  failStep(draft, draft.step(parent.id), itemsFailure(draft, parent, item, message));
}

function itemsFailure(draft: Draft, parent: StepRow, item: StepRow, message: string) {
  const own = failureOf(draft, parent, 'items_failed', 'definite', message);
  return { ...own, ...(item.failure ? { operationId: item.failure.operationId, trace: item.failure.trace } : {}) };
}

function startNextItem(draft: Draft, parent: StepRow): void {
  const waiting = draft.snapshot.nextItems.get(parent.id);
  if (!waiting) throw new MissingFacts({ items: [parent.id] });
  const next = waiting.find((id) => draft.step(id).state === 'pending' && !draft.worklist.some((entry) => entry.id === id));
  if (next) draft.worklist.push({ kind: 'arrived', id: next });
}
