import { randomBytes } from 'node:crypto';
import { Clock, faultPoint } from '@muster/chassis';
import { compileSchema, showId } from '@muster/domain';
import { type Classification, classify, type Settlement, type ToolAnswer } from '@muster/ledger';
import { startDeadline } from '@muster/resilience';
import { Injectable } from '@nestjs/common';
import type { Place } from './room';
import { healthSignOf, ToolRegistry } from './tools';
import { Withdrawals } from './withdrawals';
import { type StepWork, timeoutOf } from './work';

/** What a sending came to: what the ledger is told, and the output where there is one to go on with. */
export interface Called {
  readonly settlement: Settlement;
  readonly classification: Classification;
}

/** Makes one call, already recorded as sent, and judges what came of it. Gives its place back when the socket is closed. */
@Injectable()
export class ToolCaller {
  constructor(
    private readonly tools: ToolRegistry,
    private readonly withdrawals: Withdrawals,
    private readonly clock: Clock,
  ) {}

  async call(work: StepWork, request: Buffer, sending: number, { permit, release }: Place): Promise<Called> {
    try {
      const answer = await permit.run(
        () => this.send(work, request, sending),
        (result) => healthSignOf(result, classify(work.contract, result)),
      );
      faultPoint('executor.after-effect', () => [work.stepId]);
      return settlementOf(work, sending, answer, this.clock.now());
    } finally {
      release();
    }
  }

  private send(work: StepWork, request: Buffer, sending: number): Promise<ToolAnswer> {
    return this.withdrawals.watch(work.taskId, async (withdrawn) => {
      const now = this.clock.now();
      const timeoutMs = timeoutOf(work, now);
      const deadline = startDeadline(timeoutMs, withdrawn);
      try {
        return await this.tools.call({
          contract: work.contract,
          tenantId: work.tenantId,
          operationId: showId('operation', work.operationId),
          taskId: showId('task', work.taskId),
          stepId: showId('step', work.stepId),
          attempt: sending,
          request,
          deadline: new Date(now.getTime() + timeoutMs),
          timeoutMs,
          signal: deadline.signal,
          traceparent: `00-${work.taskId.replaceAll('-', '')}-${randomBytes(8).toString('hex')}-01`,
        });
      } finally {
        deadline.clear();
      }
    });
  }
}

function settlementOf(work: StepWork, sending: number, answer: ToolAnswer, now: Date): Called {
  const classification = classify(work.contract, answer, now);
  const { state, response, code, message, retryAfterMs } = classification;
  const outputValid =
    state === 'succeeded' ? compileSchema(work.contract.output)(classification.output ?? null) === null : null;
  const artifacts = answer.kind === 'output' ? answer.writes : undefined;
  return {
    classification,
    settlement: {
      operationId: work.operationId,
      sending,
      state,
      response,
      outputValid,
      code,
      message,
      retryAfterMs,
      artifacts,
    },
  };
}

/** Nothing left: the lease was too old to send on by the time the claim was known to be committed. */
export function notSent(work: StepWork, sending: number): Settlement {
  return {
    operationId: work.operationId,
    sending,
    state: 'absent',
    response: null,
    outputValid: null,
    code: 'lease_stale',
    message: 'The lease was too old to send on; nothing left this process.',
  };
}
