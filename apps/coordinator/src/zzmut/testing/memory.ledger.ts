import { canTransition, type JsonValue, OPERATION, type OperationState } from '@muster/domain';
import type { Conclusion } from '../decision';
import type { OperationRow, ProbeRow, SendingRow, StepRow, TaskRow, WorkerRow } from '../snapshot';

export interface StoredOperation extends OperationRow {
  readonly fence: number;
  readonly output: JsonValue;
}

/** What one sending came to. Left out: a schema-valid success with output null. */
export interface Answer {
  readonly state?: 'succeeded' | 'failed' | 'unknown' | 'absent';
  readonly outputValid?: boolean;
  readonly output?: JsonValue;
  readonly code?: string;
  readonly retryAfterMs?: number;
}

export type ClaimAnswer = 'claimed' | 'stale' | 'withdrawn' | 'early' | 'worker_given_up';

/** The rows of the ledger and the rules of its statements (libs/ledger), in memory. */
export class MemoryLedger {
  /** By step id. */
  readonly operations = new Map<string, StoredOperation>();
  readonly sendings: (SendingRow & { output: JsonValue })[] = [];
  readonly workers = new Map<string, WorkerRow>();
  readonly probes: ProbeRow[] = [];

  byId(operationId: string): StoredOperation | undefined {
    return [...this.operations.values()].find((operation) => operation.id === operationId);
  }

  /** Judges a claim as the executor's statement does, and intends the sending where it may go. */
  claim(
    task: TaskRow,
    step: StepRow,
    tool: StoredTool,
    claim: { epoch: number; workerId: string; now: number },
  ): ClaimAnswer {
    const before = this.operations.get(step.id);
    const verdict = this.judge(task, step, before, claim);
    if (verdict !== 'claimed') return verdict;
    if (before) this.keep(before, before.state, false);
    this.operations.set(step.id, { ...intent(step, tool, claim, before), fence: task.fence });
    return 'claimed';
  }

  private judge(
    task: TaskRow,
    step: StepRow,
    before: StoredOperation | undefined,
    claim: { epoch: number; workerId: string },
  ): ClaimAnswer {
    if (this.workers.get(claim.workerId)?.state === 'dead') return 'worker_given_up';
    if (task.withdrawal !== null || task.state !== 'running') return 'withdrawn';
    if (step.state !== 'dispatched' || step.epoch !== claim.epoch) return 'stale';
    if (before && (before.epoch >= claim.epoch || ['sent', 'succeeded', 'failed'].includes(before.state)))
      return 'stale';
    if (before?.state === 'unknown' && before.effect !== 'none' && before.effect !== 'keyed') return 'stale';
    const follows = step.waitingOn === 1 && step.afterStep !== null && this.hasAnswered(step.afterStep);
    return step.waitingOn === 0 || follows ? 'claimed' : 'early';
  }

  private hasAnswered(stepId: string): boolean {
    const operation = this.operations.get(stepId);
    return operation?.state === 'succeeded' && operation.outputValid === true;
  }

  /** Settles a sending; an answer to one that was given up is kept as evidence. */
  settle(stepId: string, sending: number, answer: Answer, now: number): 'settled' | 'late' | 'repeated' {
    const operation = this.operations.get(stepId)!;
    const state = answer.state ?? 'succeeded';
    const isOpen =
      operation.state === 'sent' || (operation.state === 'unknown' && operation.effect !== 'transactional');
    if (operation.sending === sending && isOpen) {
      this.write(stepId, settled(operation, answer, now));
      return 'settled';
    }
    if (operation.sending === sending && operation.state === state) return 'repeated';
    if (operation.effect !== 'transactional')
      this.keep({ ...operation, sending, endedAt: now, output: answer.output ?? null }, state, true);
    return 'late';
  }

  private keep(operation: StoredOperation, outcome: string, late: boolean): void {
    const { id: operationId, sending, workerId, code, sentAt, endedAt, output } = operation;
    const isKept = this.sendings.some(
      (row) => row.operationId === operationId && row.sending === sending && row.late === late,
    );
    if (!isKept) this.sendings.push({ operationId, sending, workerId, outcome, code, sentAt, endedAt, late, output });
  }

  /** Whether the operation is still as the conclusion's author saw it. */
  admits({ stepId, fromState, fromSending }: Conclusion): boolean {
    const operation = this.operations.get(stepId);
    return operation?.state === fromState && operation.sending === fromSending;
  }

  conclude(conclusion: Conclusion, now: number): void {
    const operation = this.operations.get(conclusion.stepId)!;
    const { state, resolver, code, message, response } = conclusion;
    if (state === 'succeeded' && !response) throw new Error('A conclusion without a response cannot settle.');
    this.write(conclusion.stepId, {
      ...operation,
      state,
      resolver,
      code,
      message,
      doubt: state === 'absent' ? 0 : operation.doubt,
      releases: operation.releases + (conclusion.release ? 1 : 0),
      output: response && 'bytes' in response ? (JSON.parse(response.bytes.toString()) as JsonValue) : operation.output,
      outputValid: null,
      settledAt: state === 'unknown' ? null : now,
    });
  }

  private write(stepId: string, after: StoredOperation): void {
    const before = this.operations.get(stepId)!;
    if (before.state !== after.state && !canTransition(OPERATION, before.state, after.state)) {
      throw new Error(`An operation went from ${before.state} to ${after.state}.`);
    }
    if (after.state === 'failed' && after.doubt > 0)
      throw new Error('An operation failed while an earlier sending is in doubt.');
    this.operations.set(stepId, after);
  }
}

export type StoredTool = Pick<OperationRow, 'tool' | 'effect'>;

function intent(
  step: StepRow,
  { tool, effect }: StoredTool,
  { epoch, workerId, now }: { epoch: number; workerId: string; now: number },
  before: StoredOperation | undefined,
): Omit<StoredOperation, 'fence'> {
  const isInDoubt = before?.state === 'unknown' && effect !== 'none';
  return {
    id: step.operationId,
    stepId: step.id,
    tool,
    effect,
    state: 'sent',
    sending: (before?.sending ?? 0) + 1,
    doubt: (before?.doubt ?? 0) + (isInDoubt ? 1 : 0),
    releases: before?.releases ?? 0,
    epoch,
    workerId,
    outputValid: null,
    resolver: null,
    code: null,
    message: null,
    retryAfter: null,
    firstSentAt: before?.firstSentAt ?? now,
    sentAt: now,
    endedAt: null,
    settledAt: null,
    output: null,
  };
}

function settled(operation: StoredOperation, answer: Answer, now: number): StoredOperation {
  const said = answer.state ?? 'succeeded';
  const state: OperationState = (said === 'failed' || said === 'absent') && operation.doubt > 0 ? 'unknown' : said;
  return {
    ...operation,
    state,
    code: answer.code ?? said,
    message: `It answered ${said}.`,
    output: answer.output ?? null,
    outputValid: said === 'succeeded' ? (answer.outputValid ?? true) : null,
    retryAfter: answer.retryAfterMs === undefined ? null : now + answer.retryAfterMs,
    endedAt: now,
    resolver: state === 'unknown' ? null : 'answer',
    settledAt: state === 'unknown' ? null : now,
  };
}
