import { assertNever, backoffMs, LIMITS } from '@muster/domain';
import { count, isSpent, isWorkerLoss } from './attempts';
import { dispatchAgain } from './dispatching';
import type { Draft } from './draft';
import type { GivingUp } from './failure';
import { giveUp, park } from './parking';
import { foldProbes, probeNow } from './probing';
import type { OperationRow, SendingRow, StepRow } from './snapshot';
import { foldSuccess } from './success';

/** The retry rule of each effect class (docs/guarantees.md, G5): nothing is ever sent again blindly. */
export function foldUnknown(draft: Draft, step: StepRow, operation: OperationRow): void {
  const late = lateAnswer(draft, operation);
  if (late) return foldLate(draft, step, late);
  if ((step.attempts.worker_lost ?? 0) >= LIMITS.WORKER_LOSSES_MAX) {
    return park(draft, step, operation, 'quarantined', 'The step lost its worker three times.');
  }
  switch (operation.effect) {
    case 'none':
      return foldUnknownRead(draft, step, operation);
    case 'transactional':
      return foldUncommitted(draft, step, operation);
    case 'keyed':
      return foldUnknownKeyed(draft, step, operation);
    case 'probed':
      return foldUnknownProbed(draft, step, operation);
    case 'opaque':
      return parkOpaque(draft, step, operation);
    default:
      return assertNever(operation.effect);
  }
}

/** An answer to a sending that had been given up: it says what became of the operation all the same. */
export function lateAnswer(draft: Draft, operation: OperationRow): SendingRow | undefined {
  return draft.snapshot.sendings.find(
    (sending) => sending.operationId === operation.id && sending.late && sending.outcome === 'succeeded',
  );
}

function foldLate(draft: Draft, step: StepRow, { sending }: SendingRow): void {
  const settled = draft.conclude(step, {
    state: 'succeeded',
    resolver: 'late-answer',
    code: null,
    message: null,
    response: { sending },
  });
  foldSuccess(draft, draft.step(step.id), settled);
}

/** True where a resend that was decided on must not go out any more: its answer came late, or its window is over. */
export function isOvertaken(draft: Draft, step: StepRow, operation: OperationRow): boolean {
  if (operation.state !== 'unknown') return false;
  const late = lateAnswer(draft, operation);
  if (late) foldLate(draft, step, late);
  else if (operation.effect === 'keyed' && draft.now > windowEnd(draft, step, operation)) {
    // Says nothing new, but the commit holds it against the row: a claim that came first wins.
    const { code, message } = operation;
    draft.conclude(step, { state: 'unknown', resolver: 'coordinator', code, message });
    parkBehindWindow(draft, step, operation);
  } else return false;
  return true;
}

/** A read that never answered left nothing behind, so that it may fail for good. */
function foldUnknownRead(draft: Draft, step: StepRow, operation: OperationRow): void {
  if (isSpent(draft, step, operation)) return giveUp(draft, step, attemptsSpent(operation));
  retry(draft, step, operation, 'unknown');
}

function foldUncommitted(draft: Draft, step: StepRow, operation: OperationRow): void {
  const absent = draft.conclude(step, {
    state: 'absent',
    resolver: 'coordinator',
    code: isWorkerLoss(operation) ? operation.code : NOT_COMMITTED,
    message: 'Its effect is committed with its answer, and there is none.',
  });
  foldAbsent(draft, step, absent);
}
const NOT_COMMITTED = 'not_committed';

function foldUnknownKeyed(draft: Draft, step: StepRow, operation: OperationRow): void {
  if (nextTry(draft, step, operation, 'unknown') > windowEnd(draft, step, operation)) {
    return parkBehindWindow(draft, step, operation);
  }
  if (isSpent(draft, step, operation)) {
    return park(draft, step, operation, 'attempts_spent', attemptsSpent(operation).message);
  }
  retry(draft, step, operation, 'unknown');
}

/** The last moment for a resend: the tool's window, less a margin in which the sending could still arrive. */
function windowEnd(draft: Draft, step: StepRow, operation: OperationRow): number {
  const marginMs = draft.surroundings.leaseTtlMs + draft.compiled(step).timeoutMs;
  return operation.firstSentAt + (draft.snapshot.contracts.get(step.contractHash)!.dedupeWindowMs ?? 0) - marginMs;
}

function parkBehindWindow(draft: Draft, step: StepRow, operation: OperationRow): void {
  park(draft, step, operation, 'window_over', 'The tool may no longer recognise a repeated call.');
}

function foldUnknownProbed(draft: Draft, step: StepRow, operation: OperationRow): void {
  if (step.condition.kind === 'probe' || step.state === 'parked') return foldProbes(draft, step, operation);
  probeNow(draft, step, operation);
}

function parkOpaque(draft: Draft, step: StepRow, operation: OperationRow): void {
  const message = 'Nobody can say whether it happened, and the tool cannot be asked.';
  park(draft, step, operation, 'outcome_unknown', message);
}

/** Certainly not done: it may be sent again, and when all attempts are spent it has failed for good. */
export function foldAbsent(draft: Draft, step: StepRow, operation: OperationRow): void {
  if (operation.resolver === 'person') return dispatchAgain(draft, step, {});
  if (isSpent(draft, step, operation)) return giveUp(draft, step, attemptsSpent(operation));
  retry(draft, step, operation, operation.resolver === 'answer' ? 'not_done' : 'absent');
}

const attemptsSpent = (operation: OperationRow): GivingUp => ({
  exitReason: operation.code ?? 'attempts_spent',
  retryClass: 'attempts_spent',
  message: operation.message ?? 'Every attempt ended without an answer.',
});

function retry(draft: Draft, step: StepRow, operation: OperationRow, retryClass: string): void {
  const at = nextTry(draft, step, operation, retryClass);
  const attempts = isWorkerLoss(operation) ? step.attempts : count(step, retryClass);
  if (at <= draft.now) return dispatchAgain(draft, step, { attempts });
  draft.unpark(step);
  const instant = new Date(at).toISOString();
  draft.change(
    step.id,
    {
      state: 'waiting',
      attempts,
      dueAt: at,
      condition: { kind: 'retry', at: instant, class: retryClass, attempt: operation.sending + 1 },
    },
    { type: 'step.waiting', data: { reason: 'retry', class: retryClass, code: operation.code, at: instant } },
  );
}

/** A lost worker is no fault of the tool: its step goes on at once. */
function nextTry(draft: Draft, step: StepRow, operation: OperationRow, retryClass: string): number {
  if (isWorkerLoss(operation) || operation.code === NOT_COMMITTED) return draft.now;
  const policy = draft.compiled(step).retry;
  const wait = backoffMs(policy, (step.attempts[retryClass] ?? 0) + 1, operation.id);
  return Math.max((operation.settledAt ?? draft.now) + wait, operation.retryAfter ?? 0);
}
