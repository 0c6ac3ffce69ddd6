import { faultPoint } from '@muster/chassis';
import { type ToolAnswer, toolAnswerOf, Withdrawals } from '@muster/ledger';
import { type ModelRequest, Models } from '@muster/models';
import { startDeadline } from '@muster/resilience';
import { Injectable } from '@nestjs/common';
import type { PlanWork } from './plan.work';

/** Makes one call of a model, already recorded as sent; lets it go when its task is withdrawn. */
@Injectable()
export class ModelCaller {
  constructor(
    private readonly models: Models,
    private readonly withdrawals: Withdrawals,
  ) {}

  async call({ stepId, taskId, request, timeoutMs }: PlanWork): Promise<ToolAnswer> {
    const answer = await this.withdrawals.watch(taskId, async (withdrawn) => {
      const deadline = startDeadline(timeoutMs, withdrawn);
      try {
        return toolAnswerOf(await this.models.call(JSON.parse(request.toString('utf8')) as ModelRequest, deadline));
      } finally {
        deadline.clear();
      }
    });
    faultPoint('planner.after-effect', () => [stepId, taskId]);
    return answer;
  }

  /** Lets go of every call: the process is told to end. */
  async close(): Promise<void> {
    this.withdrawals.abortAll();
    await this.models.close();
  }
}
