import { isTerminal, type JsonValue, LIMITS, render, TASK } from '@muster/domain';
import { scopeOf } from './arriving';
import type { Draft } from './draft';
import { canPlanAgain, planAgain } from './planning';
import type { FailureRecord, VerdictRow } from './snapshot';

/** The round of a task's verdict: one per plan. */
const roundOf = (draft: Draft): number => draft.task.planRevision;

/** Nothing is open any more: the task failed, or the verifier has to hold its criteria against the evidence, or it is done. */
export function endWhenDone(draft: Draft): void {
  const isOpen = draft.task.state === 'running' || draft.task.state === 'planning';
  if (draft.isReplanned) {
    // The next look ends it; past due from now on, so that it cannot be forgotten.
    if (draft.task.openSteps === 0) draft.task.dueAt = draft.now;
    return;
  }
  if (!isOpen || draft.task.openSteps > 0 || draft.task.withdrawal) return;
  if (draft.task.failure) return failTask(draft, draft.task.failure);
  if (draft.task.criteriaCount === 0) return completeTask(draft, null);
  draft.moveTask('verifying');
  draft.task.dueAt = draft.now + LIMITS.VERDICT_DUE_MS;
  draft.tell('task.verifying', { state: 'verifying' });
  ringVerifier(draft);
}

function ringVerifier(draft: Draft): void {
  draft.ring({ to: 'verifier', task: { id: draft.task.id, round: roundOf(draft) } });
}

/** Folds the verifier's word on a task, or asks again for it. */
export function foldTaskVerdict(draft: Draft): void {
  const verdict = draft.snapshot.taskVerdict;
  if (verdict?.passed) return completeTask(draft, verdict.id);
  if (verdict) return failTask(draft, verdictFailure(verdict));
  if (draft.task.dueAt !== null && draft.task.dueAt > draft.now) return;
  draft.task.dueAt = draft.now + LIMITS.VERDICT_DUE_MS;
  ringVerifier(draft);
}

function verdictFailure(verdict: VerdictRow): FailureRecord {
  return {
    status: 'failed',
    exitReason: verdict.code,
    retryClass: 'verdict',
    message: verdict.message,
    attempts: {},
    trace: [],
  };
}

function completeTask(draft: Draft, verdictId: string | null): void {
  const { output, outputReads } = draft.snapshot.plan;
  const result =
    output === undefined ? { ok: true as const, value: null } : render(output, scopeOf(draft, outputReads));
  if (!result.ok) return failTask(draft, outputFailure(result.pointer, result.message));
  draft.task.output = output === undefined ? null : JSON.stringify(result.value satisfies JsonValue);
  draft.task.verdictId = verdictId;
  finishTask(draft, 'completed', {});
}

function outputFailure(pointer: string, message: string): FailureRecord {
  return {
    status: 'failed',
    exitReason: 'expression_error',
    retryClass: 'definite',
    message: `output${pointer}: ${message}`,
    attempts: {},
    trace: [],
  };
}

function failTask(draft: Draft, failure: FailureRecord): void {
  if (canPlanAgain(draft, failure)) return planAgain(draft, failure);
  draft.task.failure = failure;
  finishTask(draft, 'failed', { exitReason: failure.exitReason, message: failure.message });
}

export function finishTask(
  draft: Draft,
  state: 'completed' | 'failed' | 'cancelled',
  data: Record<string, unknown>,
): void {
  draft.moveTask(state);
  draft.task.finishedAt = draft.now;
  draft.task.dueAt = null;
  draft.tell(`task.${state}`, { state, ...data });
}

export const isOver = (draft: Draft): boolean => isTerminal(TASK, draft.task.state);
