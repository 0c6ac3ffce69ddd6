import { LIMITS } from '@muster/domain';
import type { Draft } from './draft';
import { fateOf } from './fate';
import type { OperationRow } from './snapshot';
import { finishTask } from './task-end';

/**
 * Takes the task back. The fence rises here, under the strongest lock, so that no claim can commit behind it; the steps
 * are closed by the next look, which sees every call that was claimed before.
 */
export function withdraw(draft: Draft, kind: 'cancel' | 'deadline', reason: string): void {
  draft.task.withdrawal = kind;
  draft.task.withdrawnAt = draft.now;
  draft.task.fence += 1;
  draft.task.dueAt = draft.now + LIMITS.WITHDRAWAL_DUE_MS;
  draft.task.conditions = [
    ...draft.task.conditions,
    { type: 'Withdrawn', status: true, reason: kind, message: reason, since: new Date(draft.now).toISOString() },
  ];
  draft.withdraws = true;
  draft.tell(kind === 'cancel' ? 'task.cancel_requested' : 'task.deadline_passed', { fence: draft.task.fence, reason });
  draft.followUps.push({ kind: 'look-task' });
}

/** Closes a withdrawn task once no call of it is in flight; what is then `unknown` stands, and is listed. */
export function closeWithdrawn(draft: Draft): void {
  const inFlight = draft.snapshot.sentOperations.filter((operation) => !abandoned(draft, operation));
  if (inFlight.length > 0) {
    draft.task.dueAt = draft.now + LIMITS.WITHDRAWAL_DUE_MS;
    return;
  }
  draft.closeSteps = true;
  draft.task.openSteps = 0;
  draft.task.conditions = draft.task.conditions.filter((condition) => condition.type !== 'NeedsAttention');
  if (draft.task.withdrawal === 'cancel') return finishTask(draft, 'cancelled', { closed: 'cancelled' });
  draft.task.failure = {
    status: 'failed',
    exitReason: 'deadline',
    retryClass: 'none',
    message: 'The deadline passed.',
    attempts: {},
    trace: [],
  };
  finishTask(draft, 'failed', { closed: 'cancelled', exitReason: 'deadline' });
}

/** Nobody will settle a call whose worker is gone or silent, so that its outcome is concluded to be unknown. */
function abandoned(draft: Draft, operation: OperationRow): boolean {
  const isAlive = fateOf(draft, operation.workerId).kind === 'alive';
  // A withdrawal aborts the call at once, whatever its timeout: a worker that still says nothing has lost its answer.
  const silentAt = Math.max(operation.sentAt, draft.task.withdrawnAt ?? 0) + 2 * draft.surroundings.leaseTtlMs;
  if (isAlive && draft.now < silentAt) return false;
  draft.concludeOperation(operation, {
    state: 'unknown',
    resolver: 'coordinator',
    code: isAlive ? 'worker_silent' : 'worker_lost',
    message: isAlive ? 'The worker did not answer in time.' : 'The worker that sent it is gone.',
  });
  return true;
}
