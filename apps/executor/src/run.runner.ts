import { Clock, Config, faultPoint, Log } from '@muster/chassis';
import type { StepAtEpoch } from '@muster/contracts';
import type { Scope } from '@muster/domain';
import { type AdvanceAnswer, type Claim, OperationLedger, type Settlement } from '@muster/ledger';
import { WorkerLease } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { AnswerBell } from './answer-bell';
import { type Place, Room } from './room';
import { RunProgress } from './run.progress';
import { notSent, ToolCaller } from './tool.caller';
import { requestOf, type StepWork } from './work';
import { WorkLoader } from './work.loader';

/** What the runner calls on; gathered, since it is the one place where the whole protocol of a run comes together. */
@Injectable()
export class RunTools {
  constructor(
    readonly loader: WorkLoader,
    readonly room: Room,
    readonly ledger: OperationLedger,
    readonly caller: ToolCaller,
    readonly bell: AnswerBell,
  ) {}
}

/** A claimed step, ready to be called. */
interface Ready {
  readonly work: StepWork;
  readonly request: Buffer;
  readonly sending: number;
  readonly place: Place;
}

/**
 * Works through a run: room, claim and intend, call, classify, settle together with the next claim, ring. A run goes on
 * only behind a schema-valid success; anything else, a withdrawal and a lost lease stop it between any two steps.
 */
@Injectable()
export class RunRunner {
  /** Steps this process works on now: a doorbell that comes twice must not claim twice. */
  private readonly active = new Set<string>();

  constructor(
    private readonly tools: RunTools,
    private readonly lease: WorkerLease,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  async run(steps: readonly StepAtEpoch[]): Promise<void> {
    const fresh = steps.findIndex((step) => this.active.has(step.id));
    const mine = fresh < 0 ? steps : steps.slice(0, fresh);
    for (const step of mine) this.active.add(step.id);
    try {
      const work = mine.length > 0 ? await this.tools.loader.load(mine) : undefined;
      if (work) await new Run(this.tools, this, work.steps, work.scope).go();
    } catch (error) {
      // The rows are as they were: the sweeper finds what is past due.
      this.log.error('run.failed', { steps: mine.map((step) => step.id), error });
    } finally {
      for (const step of mine) this.active.delete(step.id);
    }
  }

  get workerId(): string {
    return this.lease.workerId;
  }

  canSend(): boolean {
    return this.lease.canSend();
  }

  untilSendable(): Promise<boolean> {
    return this.lease.untilSendable();
  }

  now(): number {
    return this.clock.monotonicMs();
  }

  get leaseTtlMs(): number {
    return this.config.leaseTtlMs;
  }

  /** Bytes leave only within half a lease of the claim. */
  get sendWithinMs(): number {
    return this.config.leaseTtlMs / 2;
  }

  note(event: string, work: StepWork, facts: Record<string, unknown>): void {
    this.log.debug(event, { task: work.taskId, step: work.key, epoch: work.epoch, ...facts });
  }
}

/** One run under way. */
class Run {
  private readonly progress: RunProgress;

  constructor(
    private readonly tools: RunTools,
    private readonly runner: RunRunner,
    private readonly steps: readonly StepWork[],
    private scope: Scope,
  ) {
    this.progress = new RunProgress(tools.bell);
  }

  async go(): Promise<void> {
    try {
      let ready = await this.begin(this.steps[0]!);
      for (let index = 0; ready; index++) ready = await this.work(ready, this.steps[index + 1]);
    } finally {
      this.progress.tell();
    }
  }

  private async begin(work: StepWork): Promise<Ready | undefined> {
    const request = await this.request(work);
    // Postgres may only have been away for a moment: whoever drops the run leaves it to a sweep.
    if (!request || !(await this.runner.untilSendable())) return undefined;
    const admission = await this.tools.room.enter(work);
    if (admission.kind !== 'place')
      return this.refuse(work, 'breaker_open', `The breaker of ${work.contract.name} is open.`);
    return this.claim(work, request, admission.place);
  }

  /** Calls, then settles; with the next step's claim in the same statement where there is room for it at once. */
  private async work(ready: Ready, next: StepWork | undefined): Promise<Ready | undefined> {
    const { work, request, sending, place } = ready;
    const { settlement, classification } = await this.tools.caller.call(work, request, sending, place);
    const goesOn = settlement.state === 'succeeded' && settlement.outputValid === true && next !== undefined;
    if (goesOn)
      this.scope = {
        ...this.scope,
        steps: { ...this.scope.steps, [work.key]: { state: 'succeeded', output: classification.output ?? null } },
      };
    faultPoint('executor.before-settle', () => [work.stepId]);
    const following = goesOn ? await this.advance(work, settlement, next) : await this.settle(work, settlement);
    faultPoint('executor.after-settle', () => [work.stepId]);
    this.tellIfAwaited(work, following);
    return following;
  }

  private async advance(work: StepWork, settle: Settlement, next: StepWork): Promise<Ready | undefined> {
    const request = await this.request(next);
    const admission = request && this.runner.canSend() ? this.tools.room.tryEnter(next) : undefined;
    if (!request || admission?.kind !== 'place') {
      await this.settle(work, settle);
      return request ? this.beginLater(work, next) : undefined;
    }
    return this.claim(next, request, admission.place, { work, settle });
  }

  /** No room at once: what is done is told first, since the wait may be long. */
  private beginLater(work: StepWork, next: StepWork): Promise<Ready | undefined> {
    this.progress.note(work.stepId);
    this.progress.tell();
    return this.begin(next);
  }

  private async settle(work: StepWork, settle: Settlement): Promise<undefined> {
    const state = await this.tools.ledger.settle(this.runner.workerId, settle);
    this.progress.note(work.stepId);
    this.runner.note('operation.settled', work, { state, code: settle.code, sending: settle.sending });
    return undefined;
  }

  private async claim(
    work: StepWork,
    request: Buffer,
    place: Place,
    after?: { work: StepWork; settle: Settlement },
  ): Promise<Ready | undefined> {
    if (!after && !this.runner.canSend()) return this.leave(place);
    const claimedAt = this.runner.now();
    const answer = await this.commit(work, request, place, after?.settle);
    if (after) this.progress.note(after.work.stepId);
    const { result, sending } = answer.claim!;
    if (result !== 'claimed') {
      this.leave(place);
      if (result === 'not_granted' || result === 'request_changed') return this.refuse(work, result, REASONS[result]);
      this.runner.note('claim.dropped', work, { result });
      return undefined;
    }
    faultPoint('executor.after-claim', () => [work.stepId]);
    if (this.runner.canSend() && this.runner.now() - claimedAt < this.runner.sendWithinMs)
      return { work, request, sending, place };
    this.leave(place);
    return this.settle(work, notSent(work, sending));
  }

  private async commit(work: StepWork, request: Buffer, place: Place, settle?: Settlement): Promise<AdvanceAnswer> {
    faultPoint('executor.before-claim', () => [work.stepId]);
    try {
      return await this.tools.ledger.advance({
        workerId: this.runner.workerId,
        settle,
        claim: claimOf(work, request, this.runner.leaseTtlMs),
      });
    } catch (error) {
      this.leave(place);
      throw error;
    }
  }

  private leave(place: Place): undefined {
    place.permit.giveBack();
    place.release();
    return undefined;
  }

  private async request(work: StepWork): Promise<Buffer | undefined> {
    const request = requestOf(work, this.scope);
    return request.ok ? request.bytes : this.refuse(work, request.code, request.message);
  }

  private async refuse(work: StepWork, code: string, message: string): Promise<undefined> {
    faultPoint('executor.before-refusal');
    await this.tools.ledger.refuse({
      workerId: this.runner.workerId,
      stepId: work.stepId,
      epoch: work.epoch,
      taskId: work.taskId,
      code,
      message,
    });
    faultPoint('executor.after-refusal');
    this.progress.note(work.stepId);
    return undefined;
  }

  /** Where steps outside the run wait for it. */
  private tellIfAwaited({ step }: StepWork, following: Ready | undefined): void {
    if (step.dependants.some((index) => index !== following?.work.step.index)) this.progress.tell();
  }
}

const REASONS = {
  not_granted: 'The tool is not granted to this task at the contract its plan pinned.',
  request_changed: 'The same operation was sent before with other bytes.',
} as const;

function claimOf(work: StepWork, request: Buffer, leaseTtlMs: number): Claim {
  const { dedupeWindowMs } = work.contract;
  return {
    stepId: work.stepId,
    epoch: work.epoch,
    operationId: work.operationId,
    contractHash: work.contract.hash,
    effect: work.contract.effect,
    request,
    // The margin of the coordinator's own rule: a lease and a call's time, in which an earlier sending may still arrive.
    resendWithinMs: dedupeWindowMs === undefined ? null : dedupeWindowMs - leaseTtlMs - work.step.timeoutMs,
  };
}
