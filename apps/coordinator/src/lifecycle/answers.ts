import { assertNever, isSettled, LIMITS } from '@muster/domain';
import { returnCall, spendCall } from './agent-budget';
import { count } from './attempts';
import { dispatchAgain, ringAgain } from './dispatching';
import type { Draft } from './draft';
import { failStep } from './endings';
import { failureOf } from './failure';
import { fateOf } from './fate';
import { giveUp } from './parking';
import { askForPermit, PERMIT_REQUIRED } from './permits';
import { foldAbsent, foldUnknown, isOvertaken } from './retrying';
import type { OperationRow, RefusalRow, StepRow } from './snapshot';
import { foldSuccess } from './success';

/** Folds whatever the database holds about a dispatched step: an answer, a refusal, a lost worker, or nothing yet. */
export function foldDispatched(draft: Draft, step: StepRow): void {
  const operation = draft.operation(step);
  if (operation && operation.epoch >= step.epoch) return foldAnswer(draft, step, operation);
  // A late answer can settle the operation between two dispatches: then nobody may claim it any more.
  if (operation && isSettled(operation.state)) {
    return foldAnswer(draft, returnCall(draft, step), operation);
  }
  foldUnclaimed(draft, step, operation);
}

function foldUnclaimed(draft: Draft, step: StepRow, operation: OperationRow | undefined): void {
  // Whatever is said of a later member of a run waits for the step before it, whose failure would skip it.
  if (step.condition.kind === 'after') return;
  const refusal = draft.snapshot.refusals.get(step.id);
  if (refusal) return foldRefusal(draft, step, refusal);
  if (operation && isOvertaken(draft, step, operation)) returnCall(draft, draft.step(step.id));
  else if (step.dueAt !== null && step.dueAt <= draft.now) ringAgain(draft, step);
}

/** Nothing was sent: what the dispatch had reserved is returned. */
function foldRefusal(draft: Draft, step: StepRow, refusal: RefusalRow): void {
  const returned = returnCall(draft, step);
  if (refusal.code === PERMIT_REQUIRED) return askForPermit(draft, returned);
  if (refusal.code !== 'breaker_open') {
    return giveUp(draft, step, { exitReason: refusal.code, retryClass: 'refused', message: refusal.message });
  }
  const until = draft.now + draft.snapshot.contracts.get(step.contractHash)!.breaker.resetTimeoutMs;
  draft.change(
    step.id,
    {
      state: 'waiting',
      condition: { kind: 'breaker', tool: step.tool, until: new Date(until).toISOString() },
      dueAt: until,
    },
    { type: 'step.deferred', data: { reason: 'breaker_open', until: new Date(until).toISOString() } },
  );
}

/**
 * One executor's breaker refused, but another one had claimed the same dispatch before the refusal was folded: the call
 * is under way, and what the refusal had returned is reserved again.
 */
export function foldClaimedAfterAll(draft: Draft, step: StepRow, operation: OperationRow): void {
  spendCall(draft, step);
  const claimed = draft.change(
    step.id,
    { state: 'dispatched', condition: { kind: 'answer' }, dueAt: draft.now + LIMITS.ANSWER_DUE_MS },
    { type: 'step.dispatched', data: { claimed: true } },
  );
  foldAnswer(draft, claimed, operation);
}

/** The wait for another try is over. What was learned meanwhile comes first. */
export function tryAgain(draft: Draft, step: StepRow): void {
  const operation = draft.operation(step);
  if (operation && isOvertaken(draft, step, operation)) return;
  dispatchAgain(draft, step, {});
}

/** Folds an operation that was claimed at the step's epoch, or whose step waits for more to be known of it. */
export function foldAnswer(draft: Draft, step: StepRow, operation: OperationRow): void {
  switch (operation.state) {
    case 'sent':
      return foldSent(draft, step, operation);
    case 'succeeded':
      return foldSuccess(draft, step, operation);
    case 'failed':
      return foldRejection(draft, step, operation);
    case 'unknown':
      return foldUnknown(draft, step, operation);
    case 'absent':
      return foldAbsent(draft, step, operation);
    default:
      return assertNever(operation.state);
  }
}

function foldSent(draft: Draft, step: StepRow, operation: OperationRow): void {
  const isAlive = fateOf(draft, operation.workerId).kind === 'alive';
  const silentAt = operation.sentAt + draft.compiled(step).timeoutMs + 2 * draft.surroundings.leaseTtlMs;
  if (isAlive && draft.now < silentAt) return awaitAnswer(draft, step, silentAt);
  const lost = draft.change(step.id, { attempts: count(step, isAlive ? 'silent' : 'worker_lost') });
  const concluded = draft.conclude(lost, {
    state: 'unknown',
    resolver: 'coordinator',
    code: isAlive ? 'worker_silent' : 'worker_lost',
    message: isAlive ? 'The worker did not answer in time.' : 'The worker that sent it is gone.',
  });
  foldUnknown(draft, lost, concluded);
}

function awaitAnswer(draft: Draft, step: StepRow, silentAt: number): void {
  if (step.dueAt !== null && step.dueAt >= silentAt) return;
  draft.change(step.id, { dueAt: Math.max(silentAt, draft.now + LIMITS.ANSWER_DUE_MS) });
}

function foldRejection(draft: Draft, step: StepRow, operation: OperationRow): void {
  const message = operation.message ?? 'The tool refused the call.';
  failStep(draft, step, failureOf(draft, step, operation.code ?? 'rejected', 'definite', message));
}
