import { Clock, Config, faultPoint, Log } from '@muster/chassis';
import type { StepAtEpoch } from '@muster/contracts';
import { compileSchema } from '@muster/domain';
import { ActiveSteps, classify, OperationLedger, type Settlement, tooOldToSend } from '@muster/ledger';
import { AnswerBell } from '@muster/messaging';
import { WorkerLease } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { ModelCaller } from './model.caller';
import { type PlanWork, PlanWorkLoader } from './plan.work';

/** What a call goes through; gathered, since this is where the whole protocol of a planner's call comes together. */
@Injectable()
export class PlannerTools {
  constructor(
    readonly loader: PlanWorkLoader,
    readonly ledger: OperationLedger,
    readonly caller: ModelCaller,
    readonly lease: WorkerLease,
    readonly bell: AnswerBell,
  ) {}
}

/**
 * Asks models for plans, each call an operation like any other: claimed before the first byte leaves, settled with what
 * came back. Whether a plan is a good one is for the coordinator to say.
 */
@Injectable()
export class Planner {
  private readonly active = new ActiveSteps();

  constructor(
    private readonly tools: PlannerTools,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Resolves also where nothing was done: the rows are as they were, and a sweep finds what is past due. */
  async plan(step: StepAtEpoch): Promise<void> {
    const mine = this.active.take([step]);
    if (mine.length === 0) return;
    const { loader, lease } = this.tools;
    try {
      const work = await loader.load(step, this.clock.now());
      if (work && (await lease.untilClaimable())) await this.carryOut(work);
      this.active.end(mine);
    } catch (error) {
      this.log.error('planner.failed', { step: step.id, error });
      this.active.leave(mine);
    }
  }

  private async carryOut(work: PlanWork): Promise<void> {
    const { ledger, lease } = this.tools;
    const claimedAt = this.clock.monotonicMs();
    const { stepId, epoch, operationId, request, contract } = work;
    const subjects = () => [stepId, work.taskId];
    const { hash: contractHash, effect } = contract;
    const claim = { stepId, epoch, operationId, contractHash, effect, request, resendWithinMs: null };
    faultPoint('planner.before-claim', subjects);
    const { result, sending } = await ledger.claim(lease.workerId, claim);
    if (result === 'not_granted' || result === 'request_changed') return this.refuse(work, result);
    if (result !== 'claimed') return;
    faultPoint('planner.after-claim', subjects);
    const isFresh = lease.canSend() && this.clock.monotonicMs() - claimedAt < this.config.leaseTtlMs / 2;
    const settlement = isFresh ? await this.call(work, sending) : tooOldToSend(operationId, sending);
    faultPoint('planner.before-settle', subjects);
    await ledger.settle(lease.workerId, settlement);
    faultPoint('planner.after-settle', subjects);
    this.tools.bell.ring('steps', [stepId]);
  }

  private async call(work: PlanWork, sending: number): Promise<Settlement> {
    this.active.noteSent(work);
    const { operationId, contract } = work;
    const answer = await this.tools.caller.call(work);
    const { output, ...said } = classify(contract, answer, this.clock.now());
    const isValid = () => compileSchema(contract.output)(output ?? null) === null;
    return { operationId, sending, ...said, outputValid: said.state === 'succeeded' ? isValid() : null };
  }

  private async refuse({ stepId, epoch, taskId }: PlanWork, code: string): Promise<void> {
    const { ledger, lease } = this.tools;
    const message = 'The call for a plan does not fit what the task was accepted with.';
    await ledger.refuse({ workerId: lease.workerId, stepId, epoch, taskId, code, message });
    this.tools.bell.ring('steps', [stepId]);
  }
}
