import { Clock, faultPoint } from '@muster/chassis';
import { classify, type ToolAnswer, Withdrawals } from '@muster/ledger';
import { startDeadline } from '@muster/resilience';
import { Injectable } from '@nestjs/common';
import type { Ask } from './run';
import { toolCallOf } from './settlement';
import { healthSignOf, type ToolCall, ToolRegistry } from './tools';
import { type StepWork, timeoutOf } from './work';

type Call = Extract<Ask, { kind: 'call' }>;

/** What only the one who calls can tell a tool. */
type Word = Pick<ToolCall, 'mayLeave' | 'holdUntil'>;

/** Makes one call, already recorded as sent. Gives its place back when the socket is closed. */
@Injectable()
export class ToolCaller {
  constructor(
    private readonly tools: ToolRegistry,
    private readonly withdrawals: Withdrawals,
    private readonly clock: Clock,
  ) {}

  async call({ work, request, sending, place: { permit, release }, mayLeave }: Call): Promise<ToolAnswer> {
    let end: Promise<unknown> | undefined;
    const holdUntil = (one: Promise<unknown>): void => {
      end = one;
    };
    try {
      const answer = await permit.run(
        () => this.send(work, request, sending, { mayLeave, holdUntil }),
        (result) => healthSignOf(result, classify(work.contract, result)),
      );
      faultPoint('executor.after-effect', () => [work.stepId]);
      return answer;
    } finally {
      if (end) void end.then(release);
      // In this very turn: the run's next step may be at the same tool.
      else release();
    }
  }

  private send(work: StepWork, request: Buffer, sending: number, word: Word): Promise<ToolAnswer> {
    return this.withdrawals.watch(work.taskId, async (withdrawn) => {
      const now = this.clock.now();
      const timeoutMs = timeoutOf(work, now);
      const deadline = startDeadline(timeoutMs, withdrawn);
      try {
        const call = toolCallOf(work, request, sending, {
          deadline: new Date(now.getTime() + timeoutMs),
          timeoutMs,
          signal: deadline.signal,
          traceparent: `00-${hexOf(work.taskId)}-${hexOf(crypto.randomUUID()).slice(16)}-01`,
          ...word,
        });
        return await this.tools.call(call);
      } finally {
        deadline.clear();
      }
    });
  }
}

const hexOf = (uuid: string): string => uuid.replaceAll('-', '');
