import { compileSchema, showId } from '@muster/domain';
import { type Classification, classify, type Settlement, type ToolAnswer } from '@muster/ledger';
import type { ToolCall } from './tools/tool';
import type { StepWork } from './work';

/** What a sending came to: what the ledger is told, and the output where there is one to go on with. */
export interface Called {
  readonly settlement: Settlement;
  readonly classification: Classification;
}

/** What goes out: the operation's own id and the recorded bytes, at every sending the same. */
export function toolCallOf(
  work: StepWork,
  request: Buffer,
  sending: number,
  given: Pick<ToolCall, 'deadline' | 'timeoutMs' | 'signal' | 'traceparent' | 'mayLeave' | 'holdUntil'>,
): ToolCall {
  return {
    contract: work.contract,
    tenantId: work.tenantId,
    operationId: showId('operation', work.operationId),
    taskId: showId('task', work.taskId),
    stepId: showId('step', work.stepId),
    attempt: sending,
    request,
    ...given,
  };
}

/** Judges what came back. `now`: this machine's clock, for tools that answer without a date. */
export function calledOf(work: StepWork, sending: number, answer: ToolAnswer, now: Date): Called {
  const classification = classify(work.contract, answer, now);
  const { state, response, code, message, retryAfterMs } = classification;
  const outputValid =
    state === 'succeeded' ? compileSchema(work.contract.output)(classification.output ?? null) === null : null;
  const artifacts = answer.kind === 'output' ? answer.writes : undefined;
  const { operationId } = work;
  return {
    classification,
    settlement: { operationId, sending, state, response, outputValid, code, message, retryAfterMs, artifacts },
  };
}
