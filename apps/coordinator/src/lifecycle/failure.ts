import { showId } from '@muster/domain';
import type { Draft } from './draft';
import type { FailureRecord, OperationRow, SendingRow, StepRow, TraceLine } from './snapshot';

/** Why a step cannot go on. */
export interface GivingUp {
  readonly exitReason: string;
  readonly retryClass: string;
  readonly message: string;
}

/** The record of docs/api.md: why a step failed, with every sending that led there. */
export function failureOf(
  draft: Draft,
  step: StepRow,
  exitReason: string,
  retryClass: string,
  message: string,
): FailureRecord {
  const operation = draft.operation(step);
  return {
    status: 'failed',
    exitReason,
    retryClass,
    message,
    stepId: showId('step', step.id),
    ...(operation ? { operationId: showId('operation', operation.id) } : {}),
    attempts: step.attempts,
    trace: operation ? traceOf(draft, operation) : [],
  };
}

function traceOf(draft: Draft, operation: OperationRow): TraceLine[] {
  const earlier = draft.snapshot.sendings.filter((sending) => sending.operationId === operation.id && !sending.late);
  return [...earlier.map((sending) => earlierLine(operation, sending)), currentLine(draft, operation)];
}

function earlierLine(operation: OperationRow, sending: SendingRow): TraceLine {
  return line(
    operation,
    sending.sending,
    sending.outcome,
    sending.sentAt,
    sending.endedAt ?? sending.sentAt,
    sending.code,
  );
}

function currentLine(draft: Draft, operation: OperationRow): TraceLine {
  const end = operation.endedAt ?? operation.settledAt ?? draft.now;
  return line(operation, operation.sending, operation.state, operation.sentAt, end, operation.code);
}

function line(
  operation: OperationRow,
  attempt: number,
  state: string,
  from: number,
  to: number,
  code: string | null,
): TraceLine {
  return {
    operationId: showId('operation', operation.id),
    tool: operation.tool,
    attempt,
    state,
    startedAt: new Date(from).toISOString(),
    durationMs: Math.max(0, to - from),
    ...(code ? { code } : {}),
  };
}
