import { assertNever, backoffMs, isSettled, LIMITS } from '@muster/domain';
import { dispatchAgain, ringAgain } from './dispatching';
import type { Draft } from './draft';
import { failureOf } from './failure';
import { fateOf } from './fate';
import { failStep } from './endings';
import { foldProbes, probeNow } from './probing';
import type { OperationRow, RefusalRow, StepRow } from './snapshot';
import { foldSuccess } from './success';

/** Folds whatever the database holds about a dispatched step: an answer, a refusal, a lost worker, or nothing yet. */
export function foldDispatched(draft: Draft, step: StepRow): void {
  const operation = draft.operation(step);
  // A late answer can settle the operation between two dispatches: then nobody may claim it any more.
  if (operation && isSettled(operation.state)) return foldAnswer(draft, step, operation);
  if (!operation || operation.epoch < step.epoch) return foldUnclaimed(draft, step);
  foldAnswer(draft, step, operation);
}

function foldUnclaimed(draft: Draft, step: StepRow): void {
  const refusal = draft.snapshot.refusals.get(step.id);
  if (refusal) return foldRefusal(draft, step, refusal);
  if (step.condition.kind === 'after') return;
  if (step.dueAt !== null && step.dueAt <= draft.now) ringAgain(draft, step);
}

function foldRefusal(draft: Draft, step: StepRow, refusal: RefusalRow): void {
  if (refusal.code !== 'breaker_open') {
    return failStep(draft, step, failureOf(draft, step, refusal.code, 'refused', refusal.message));
  }
  const until = draft.now + draft.snapshot.contracts.get(step.contractHash)!.breaker.resetTimeoutMs;
  draft.change(
    step.id,
    { state: 'waiting', condition: { kind: 'breaker', tool: step.tool, until: new Date(until).toISOString() }, dueAt: until },
    { type: 'step.deferred', data: { reason: 'breaker_open', until: new Date(until).toISOString() } },
  );
}

/** Folds an operation that was claimed at the step's epoch, or whose step waits for more to be known of it. */
export function foldAnswer(draft: Draft, step: StepRow, operation: OperationRow): void {
  switch (operation.state) {
    case 'sent':
      return foldSent(draft, step, operation);
    case 'succeeded':
      return foldSuccess(draft, step, operation);
    case 'failed':
      return failStep(draft, step, failureOf(draft, step, operation.code ?? 'rejected', 'definite', operation.message ?? 'The tool refused the call.'));
    case 'unknown':
      return foldUnknown(draft, step, operation);
    case 'absent':
      return foldAbsent(draft, step, operation);
    default:
      return assertNever(operation.state);
  }
}

function foldSent(draft: Draft, step: StepRow, operation: OperationRow): void {
  const fate = fateOf(draft, operation.workerId);
  const silentAt = operation.sentAt + draft.compiled(step).timeoutMs + 2 * draft.surroundings.leaseTtlMs;
  if (fate.kind === 'alive' && draft.now < silentAt) {
    draft.change(step.id, { dueAt: Math.max(silentAt, draft.now + LIMITS.ANSWER_DUE_MS) });
    return;
  }
  const attempts = fate.kind === 'alive' ? count(step, 'silent') : count(step, 'worker_lost');
  const lost = draft.change(step.id, { attempts });
  const message = fate.kind === 'alive' ? 'The worker did not answer in time.' : 'The worker that sent it is gone.';
  const concluded = draft.conclude(lost, { state: 'unknown', resolver: 'coordinator', code: fate.kind === 'alive' ? 'worker_silent' : 'worker_lost', message });
  foldUnknown(draft, lost, concluded);
}

/** The retry rule of each effect class (docs/guarantees.md, G5): nothing is ever sent again blindly. */
function foldUnknown(draft: Draft, step: StepRow, operation: OperationRow): void {
  const late = draft.snapshot.sendings.find((sending) => sending.operationId === operation.id && sending.late && sending.outcome === 'succeeded');
  if (late) return foldLate(draft, step, late.sending);
  if ((step.attempts.worker_lost ?? 0) >= LIMITS.WORKER_LOSSES_MAX) return park(draft, step, operation, 'quarantined', 'The step lost its worker three times.');
  switch (operation.effect) {
    case 'none':
      return isSpent(draft, step, operation) ? giveUpRead(draft, step) : retry(draft, step, operation, 'unknown');
    case 'transactional':
      return foldAbsent(draft, step, draft.conclude(step, { state: 'absent', resolver: 'coordinator', code: 'not_committed', message: 'Its effect is committed with its answer, and there is none.' }));
    case 'keyed':
      return foldUnknownKeyed(draft, step, operation);
    case 'probed':
      return step.condition.kind === 'probe' || step.state === 'parked' ? foldProbes(draft, step, operation) : probeNow(draft, step, operation);
    case 'opaque':
      return park(draft, step, operation, 'outcome_unknown', 'Nobody can say whether it happened, and the tool cannot be asked.');
    default:
      return assertNever(operation.effect);
  }
}

function foldLate(draft: Draft, step: StepRow, sending: number): void {
  const settled = draft.conclude(step, { state: 'succeeded', resolver: 'late-answer', code: null, message: null, response: { sending } });
  foldSuccess(draft, draft.step(step.id), settled);
}

/** Only inside the tool's window, less a margin in which the sending could still arrive. */
function foldUnknownKeyed(draft: Draft, step: StepRow, operation: OperationRow): void {
  const marginMs = draft.surroundings.leaseTtlMs + draft.compiled(step).timeoutMs;
  const windowMs = draft.snapshot.contracts.get(step.contractHash)!.dedupeWindowMs ?? 0;
  const resendAt = nextTry(draft, step, operation, 'unknown');
  if (resendAt > operation.firstSentAt + windowMs - marginMs) {
    return park(draft, step, operation, 'window_over', 'The tool may no longer recognise a repeated call.');
  }
  if (isSpent(draft, step, operation)) return park(draft, step, operation, 'attempts_spent', 'Every attempt ended without an answer.');
  retry(draft, step, operation, 'unknown');
}

function foldAbsent(draft: Draft, step: StepRow, operation: OperationRow): void {
  if (operation.resolver === 'person') return dispatchAgain(draft, step, {});
  if (isSpent(draft, step, operation)) {
    return failStep(draft, step, failureOf(draft, step, operation.code ?? 'not_done', 'attempts_spent', operation.message ?? 'Every attempt was turned away.'));
  }
  retry(draft, step, operation, operation.resolver === 'answer' ? 'not_done' : 'absent');
}

/** A read that never answered: nothing happened, so that it may fail for good. */
function giveUpRead(draft: Draft, step: StepRow): void {
  const operation = draft.operation(step)!;
  const failure = failureOf(draft, step, operation.code ?? 'unknown', 'attempts_spent', operation.message ?? 'Every attempt ended without an answer.');
  draft.conclude(step, { state: 'absent', resolver: 'coordinator', code: operation.code, message: 'A call that changes nothing left nothing behind.' });
  failStep(draft, draft.step(step.id), failure);
}

function retry(draft: Draft, step: StepRow, operation: OperationRow, retryClass: string): void {
  const at = nextTry(draft, step, operation, retryClass);
  const attempts = retryClass === 'unknown' && isWorkerLoss(operation) ? step.attempts : count(step, retryClass);
  if (at <= draft.now) return dispatchAgain(draft, step, { attempts });
  draft.unpark(step);
  const instant = new Date(at).toISOString();
  draft.change(
    step.id,
    { state: 'waiting', attempts, dueAt: at, condition: { kind: 'retry', at: instant, class: retryClass, attempt: operation.sending + 1 } },
    { type: 'step.waiting', data: { reason: 'retry', class: retryClass, code: operation.code, at: instant } },
  );
}

/** A lost worker is no fault of the tool: its step goes on at once. */
function nextTry(draft: Draft, step: StepRow, operation: OperationRow, retryClass: string): number {
  if (isWorkerLoss(operation) || operation.code === 'not_committed') return draft.now;
  const policy = draft.compiled(step).retry;
  const wait = backoffMs(policy, (step.attempts[retryClass] ?? 0) + 1, operation.id);
  return Math.max((operation.settledAt ?? draft.now) + wait, operation.retryAfter ?? 0);
}

const isWorkerLoss = (operation: OperationRow): boolean => operation.code === 'worker_lost' || operation.code === 'worker_silent';

/** Attempts are sendings, less those that a person released and those whose worker was lost. */
function isSpent(draft: Draft, step: StepRow, operation: OperationRow): boolean {
  const lost = (step.attempts.worker_lost ?? 0) + (step.attempts.silent ?? 0);
  return operation.sending - operation.releases - lost >= draft.compiled(step).retry.maxAttempts;
}

export function park(draft: Draft, step: StepRow, operation: OperationRow, reason: string, message: string): void {
  if (step.state === 'parked' && step.condition.kind === 'person' && step.condition.reason === reason) return;
  draft.park(step.id, { kind: 'person', reason, message, operationId: operation.id }, null);
}

const count = (step: StepRow, name: string): Record<string, number> => ({ ...step.attempts, [name]: (step.attempts[name] ?? 0) + 1 });
