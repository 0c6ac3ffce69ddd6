import { canTransition, type EffectClass, type JsonValue, OPERATION, type OperationState } from '@muster/domain';
import type { Advance, AdvanceAnswer, Claim, ClaimResult, Settlement } from '@muster/ledger';
import type { Conclusion } from '../decision';
import type { OperationRow, ProbeRow, SendingRow, StepRow, TaskRow } from '../snapshot';
import { MemoryPermits } from './memory.permits';
import { MemoryWorkers } from './memory.workers';
import { Refused } from './refused';

export interface StoredOperation extends OperationRow {
  readonly fence: number;
  readonly contractHash: string;
  readonly request: Buffer;
  readonly response: Buffer | null;
  /** The permit that it was sent with. */
  readonly permitId: string | null;
}

export interface StoredSending extends SendingRow {
  readonly epoch: number;
  readonly fence: number;
  readonly response: Buffer | null;
}

export interface StoredProbe extends ProbeRow {
  readonly body: Buffer | null;
}

/** The rows that a claim is judged by. */
export interface Claimed {
  readonly task: TaskRow;
  readonly step: StepRow;
}

/** The rows of the ledger and the rules of its statements (libs/ledger), in memory; held against them by a test. */
export class MemoryLedger {
  /** By step id. */
  readonly operations = new Map<string, StoredOperation>();
  readonly sendings: StoredSending[] = [];
  readonly workers = new MemoryWorkers();
  readonly permits = new MemoryPermits();
  readonly probes: StoredProbe[] = [];

  /** `find` gives the rows that a claim names; nothing for a step that does not exist. */
  constructor(
    private readonly find: (stepId: string) => Claimed | undefined,
    private readonly grants: () => readonly string[],
  ) {}

  byId(operationId: string): StoredOperation | undefined {
    for (const operation of this.operations.values()) if (operation.id === operationId) return operation;
    return undefined;
  }

  /** When an effect was last seen to be there; the end of time while one is under way or in doubt. */
  lastEffectAt(): number | null {
    const effects = [...this.operations.values()].filter(({ effect }) => effect !== 'none');
    const ends = effects.flatMap(({ state, settledAt }) => {
      if (state === 'succeeded') return [settledAt ?? 0];
      return state === 'sent' || state === 'unknown' ? [Number.MAX_SAFE_INTEGER] : [];
    });
    return ends.length === 0 ? null : Math.max(...ends);
  }

  /** Settles and claims in one statement: the claim sees the ledger as it was before it, but for what it settled. */
  advance({ workerId, settle, claim }: Advance, now: number): AdvanceAnswer {
    const verdict = claim && this.judge(claim, workerId, settle, now);
    const settled = settle && this.settle(settle, workerId, now);
    return {
      ...(settled && { settled }),
      ...(claim && { claim: this.intend(claim, verdict!, workerId, now) }),
    };
  }

  private judge(claim: Claim, workerId: string, settle: Settlement | undefined, now: number): Verdict {
    const rows = this.find(claim.stepId);
    if (!rows) return 'stale';
    const { task, step } = rows;
    const before = this.byId(claim.operationId);
    if (!this.workers.isLive(workerId)) return 'worker_given_up';
    if (task.withdrawal !== null || (task.state !== 'running' && task.state !== 'planning')) return 'withdrawn';
    if (step.state !== 'dispatched' || step.epoch !== claim.epoch) return 'stale';
    if (before?.epoch === claim.epoch && before.state === 'sent' && before.workerId === workerId)
      return isRepeatable(before, claim, now) ? 'again' : 'stale';
    if (before && (before.epoch >= claim.epoch || ['sent', 'succeeded', 'failed'].includes(before.state)))
      return 'stale';
    if (claim.contractHash !== step.contractHash || !this.grants().includes(step.contractHash)) return 'not_granted';
    if (before && !before.request.equals(claim.request)) return 'request_changed';
    if (before?.state === 'unknown' && !mayFollowUnknown(before, claim, now)) return 'stale';
    if (step.permit && !before?.permitId && !this.permits.releasing(claim.operationId, claim.request, now)) {
      return step.waitingOn === 0 ? 'permit_required' : 'early';
    }
    if (step.waitingOn === 0) return 'go';
    const follows = step.waitingOn === 1 && step.afterStep !== null && this.hasAnswered(step.afterStep, settle);
    return follows ? 'go' : 'early';
  }

  /** The step before has a schema-valid success, now or by what this very statement settles. */
  private hasAnswered(stepId: string, settle: Settlement | undefined): boolean {
    const operation = this.operations.get(stepId);
    if (!operation) return false;
    if (operation.state === 'succeeded') return operation.outputValid === true;
    return (
      settle?.operationId === operation.id &&
      settle.state === 'succeeded' &&
      settle.outputValid === true &&
      isOpenTo(operation, settle.sending)
    );
  }

  private intend(claim: Claim, verdict: Verdict, workerId: string, now: number): AdvanceAnswer['claim'] {
    const before = this.byId(claim.operationId);
    const last = before?.sending ?? 0;
    if (verdict === 'again') return { result: 'claimed', sending: last };
    if (verdict !== 'go') return { result: verdict, sending: last };
    const { task, step } = this.find(claim.stepId)!;
    if (before) this.keep(before);
    const releasing = step.permit ? this.permits.releasing(claim.operationId, claim.request, now) : null;
    const permitId = before?.permitId ?? releasing;
    this.operations.set(step.id, { ...intent(step, claim, before, workerId, now), fence: task.fence, permitId });
    return { result: 'claimed', sending: last + 1 };
  }

  private settle(settlement: Settlement, workerId: string, now: number): string | undefined {
    const operation = this.byId(settlement.operationId);
    if (!operation) return undefined;
    const { sending, state } = settlement;
    if (isOpenTo(operation, sending)) return this.write(settled(operation, settlement, now)).state;
    if (operation.sending === sending && operation.state === state) return 'repeated';
    const { code, response } = settlement;
    const late = { ...sendingOf(operation), sending, workerId, outcome: state, code, response, endedAt: now };
    if (operation.effect !== 'transactional') this.add({ ...late, late: true });
    return 'late';
  }

  private keep(operation: StoredOperation): void {
    this.add({ ...sendingOf(operation), outcome: operation.state, late: false });
  }

  private add(row: StoredSending): void {
    const isKept = this.sendings.some(
      ({ operationId, sending, late }) =>
        operationId === row.operationId && sending === row.sending && late === row.late,
    );
    if (!isKept) this.sendings.push(row);
  }

  /** Whether the operation is still as the conclusion's author saw it. */
  admits({ id, fromState, fromSending }: Conclusion): boolean {
    const operation = this.byId(id);
    return operation?.state === fromState && operation.sending === fromSending;
  }

  conclude(conclusion: Conclusion, now: number): void {
    const operation = this.byId(conclusion.id)!;
    const { state, resolver, code, message, release } = conclusion;
    const response = this.responseOf(conclusion) ?? operation.response;
    if (state === 'succeeded' && !response) throw new Refused('A success without a response.');
    this.write({
      ...operation,
      state,
      resolver,
      code,
      message,
      doubt: state === 'absent' ? 0 : operation.doubt,
      releases: operation.releases + (release ? 1 : 0),
      response,
      outputValid: null,
      settledAt: state === 'unknown' ? null : now,
    });
  }

  private responseOf({ id, response }: Conclusion): Buffer | null | undefined {
    if (!response) return undefined;
    if ('bytes' in response) return response.bytes;
    if ('evidenceId' in response) return this.probes.find((probe) => probe.id === response.evidenceId)?.body;
    return this.sendings.find((row) => row.operationId === id && row.sending === response.sending && row.late)
      ?.response;
  }

  private write(after: StoredOperation): StoredOperation {
    const before = this.operations.get(after.stepId)!;
    if (before.state !== after.state && !canTransition(OPERATION, before.state, after.state)) {
      throw new Refused(`An operation went from ${before.state} to ${after.state}.`);
    }
    if (after.state === 'failed' && after.doubt > 0) throw new Refused('An operation failed while one is in doubt.');
    this.operations.set(after.stepId, after);
    return after;
  }
}

type Verdict = Exclude<ClaimResult, 'claimed'> | 'again' | 'go';

export const outputOf = (operation: StoredOperation): JsonValue =>
  operation.response === null ? null : (JSON.parse(operation.response.toString()) as JsonValue);

const isOpenTo = (operation: StoredOperation, sending: number): boolean =>
  operation.sending === sending &&
  (operation.state === 'sent' || (operation.state === 'unknown' && operation.effect !== 'transactional'));

/** A repeated claim of a resend in doubt is held against its window like a new one. */
const isRepeatable = (before: StoredOperation, claim: Claim, now: number): boolean =>
  before.doubt === 0 || claim.effect !== 'keyed' || mayFollowUnknown(before, claim, now);

function mayFollowUnknown(before: StoredOperation, claim: Claim, now: number): boolean {
  if (claim.effect === 'none') return true;
  return (
    claim.effect === 'keyed' && (claim.resendWithinMs === null || now <= before.firstSentAt + claim.resendWithinMs)
  );
}

function sendingOf(operation: StoredOperation): Omit<StoredSending, 'outcome' | 'late'> {
  const { id: operationId, sending, workerId, epoch, fence, code, response, sentAt, endedAt } = operation;
  return { operationId, sending, workerId, epoch, fence, code, response, sentAt, endedAt };
}

function intent(
  step: StepRow,
  { operationId, epoch, effect, request, contractHash }: Claim,
  before: StoredOperation | undefined,
  workerId: string,
  now: number,
): Omit<StoredOperation, 'fence' | 'permitId'> {
  const isInDoubt = before?.state === 'unknown' && effect !== 'none';
  return {
    id: operationId,
    stepId: step.id,
    tool: before?.tool ?? step.tool,
    contractHash: before?.contractHash ?? contractHash,
    effect: before?.effect ?? (effect satisfies EffectClass),
    state: 'sent',
    sending: (before?.sending ?? 0) + 1,
    doubt: (before?.doubt ?? 0) + (isInDoubt ? 1 : 0),
    releases: before?.releases ?? 0,
    epoch,
    workerId,
    request: before?.request ?? request,
    ...UNANSWERED,
    firstSentAt: before?.firstSentAt ?? now,
    sentAt: now,
  };
}

const UNANSWERED = {
  response: null,
  outputValid: null,
  resolver: null,
  code: null,
  message: null,
  retryAfter: null,
  endedAt: null,
  settledAt: null,
} as const;

function settled(operation: StoredOperation, settlement: Settlement, now: number): StoredOperation {
  const { state: said, code, message, response, outputValid, retryAfterMs } = settlement;
  const state: OperationState = (said === 'failed' || said === 'absent') && operation.doubt > 0 ? 'unknown' : said;
  return {
    ...operation,
    state,
    response,
    outputValid,
    code,
    message,
    retryAfter: retryAfterMs === undefined ? null : now + retryAfterMs,
    endedAt: now,
    resolver: state === 'unknown' ? null : 'answer',
    settledAt: state === 'unknown' ? null : now,
  };
}
