import { LIMITS } from '@muster/domain';
import { count, isSpent, isWorkerLoss } from './attempts';
import { dispatchAgain } from './dispatching';
import type { Draft } from './draft';
import { lastEndOf } from './fate';
import { giveUp } from './parking';
import type { OperationRow, ProbeRow, StepRow } from './snapshot';
import { foldSuccess } from './success';

/** Asks the tool, now or at `notBefore`; the step waits for what the verifier finds. */
export function probeNow(
  draft: Draft,
  step: StepRow,
  operation: OperationRow,
  notBefore = draft.now,
  reason = 'outcome_unknown',
): void {
  const asked = step.condition.kind === 'probe' ? step.condition.asked : 0;
  const isDue = notBefore <= draft.now;
  draft.unpark(step);
  if (isDue) draft.ring({ to: 'verifier', operation: operation.id });
  const condition = {
    kind: 'probe',
    notBefore: new Date(notBefore).toISOString(),
    reason,
    asked: asked + (isDue ? 1 : 0),
  } as const;
  draft.change(
    step.id,
    { state: 'waiting', condition, dueAt: isDue ? draft.now + LIMITS.VERDICT_DUE_MS : notBefore },
    step.condition.kind === 'probe'
      ? undefined
      : { type: 'step.waiting', data: { reason: 'probe', code: operation.code } },
  );
}

/**
 * Folds what the probes found. "Happened" settles the operation from any probe. "Absent" proves something only when the
 * probe began after the seen end of every sending plus the contract's `absentAfterMs`; before that it is asked again,
 * and where that can never be, a person decides.
 */
export function foldProbes(draft: Draft, step: StepRow, operation: OperationRow): void {
  const probes = draft.snapshot.probes.filter(
    (probe) => probe.operationId === operation.id && probe.beganAt >= operation.sentAt,
  );
  const happened = probes.find((probe) => probe.finding === 'happened');
  if (happened) return foldHappened(draft, step, happened);
  const bound = draft.snapshot.contracts.get(step.contractHash)!.probe?.absentAfterMs;
  const lastEnd = lastEndOf(draft, operation);
  const provenFrom = bound === undefined || lastEnd === undefined ? undefined : lastEnd + bound;
  if (provenFrom !== undefined && probes.some((probe) => probe.finding === 'absent' && probe.beganAt > provenFrom)) {
    return foldProvenAbsent(draft, step, operation);
  }
  if (!isAskedOut(draft, step, probes)) return;
  if (provenFrom !== undefined && provenFrom >= draft.now)
    return probeNow(draft, step, operation, provenFrom + 1, 'absent_not_proven');
  askAgainOrPark(draft, step, operation, probes, { bound, lastEnd });
}

function foldHappened(draft: Draft, step: StepRow, probe: ProbeRow): void {
  const found = draft.conclude(step, {
    state: 'succeeded',
    resolver: 'probe',
    code: null,
    message: null,
    response: { evidenceId: probe.id },
  });
  foldSuccess(draft, step, found);
}

function foldProvenAbsent(draft: Draft, step: StepRow, operation: OperationRow): void {
  const absent = draft.conclude(step, {
    state: 'absent',
    resolver: 'probe',
    code: operation.code,
    message: 'A probe begun late enough found nothing.',
  });
  if (isSpent(draft, step, operation)) {
    const message = absent.message ?? '';
    return giveUp(draft, step, { exitReason: operation.code ?? 'absent', retryClass: 'attempts_spent', message });
  }
  dispatchAgain(draft, step, { attempts: isWorkerLoss(operation) ? step.attempts : count(step, 'absent') });
}

/** Every probe that was asked for has been answered, or is overdue. A parked step is asked about only when it is due. */
function isAskedOut(draft: Draft, step: StepRow, probes: readonly ProbeRow[]): boolean {
  const isDue = step.dueAt !== null && step.dueAt <= draft.now;
  if (isDue || step.condition.kind !== 'probe') return isDue;
  return Date.parse(step.condition.notBefore) <= draft.now && probes.length >= step.condition.asked;
}

function askAgainOrPark(
  draft: Draft,
  step: StepRow,
  operation: OperationRow,
  probes: readonly ProbeRow[],
  known: { bound?: number; lastEnd?: number },
): void {
  const silent = probes.filter((probe) => probe.finding === 'inconclusive').length;
  const because = parkReason(draft, operation, probes, known, silent);
  if (!because) return probeNow(draft, step, operation, retryAt(draft, step, probes.length), 'inconclusive');
  if (step.state === 'parked') draft.ring({ to: 'verifier', operation: operation.id });
  draft.park(step.id, { kind: 'person', ...because, operationId: operation.id }, draft.now + LIMITS.PARKED_PROBE_MS);
}

/** Repeated questions are spaced out, from a tenth of a second on. */
function retryAt(draft: Draft, step: StepRow, asked: number): number {
  const isDue = step.dueAt !== null && step.dueAt <= draft.now;
  return isDue ? draft.now : draft.now + Math.min(100 * 2 ** asked, LIMITS.VERDICT_DUE_MS);
}

function parkReason(
  draft: Draft,
  operation: OperationRow,
  probes: readonly ProbeRow[],
  known: { bound?: number; lastEnd?: number },
  silent: number,
): { reason: string; message: string } | undefined {
  const saidAbsent = probes.some((probe) => probe.finding === 'absent');
  if (saidAbsent && known.bound === undefined) {
    return {
      reason: 'absent_unbounded',
      message: 'The tool says it did not happen, but its contract sets no absentAfterMs: it may still come.',
    };
  }
  if (known.lastEnd === undefined && draft.now - operation.sentAt > 2 * draft.surroundings.leaseTtlMs) {
    return {
      reason: 'end_not_seen',
      message: 'The sender vanished and nobody saw its end: its request may still be under way.',
    };
  }
  if (silent >= LIMITS.PROBES_INCONCLUSIVE_MAX)
    return { reason: 'probe_inconclusive', message: 'The tool could not say whether it happened.' };
  return undefined;
}
