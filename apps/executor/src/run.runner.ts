import { Clock, Config, faultPoint, Log } from '@muster/chassis';
import type { StepAtEpoch } from '@muster/contracts';
import { ActiveSteps, type AdvanceAnswer, OperationLedger } from '@muster/ledger';
import { AnswerBell } from '@muster/messaging';
import { WorkerLease } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { Room } from './room';
import { type Ask, type Asking, type Pulse, Run } from './run';
import { RunProgress } from './run.progress';
import { ToolCaller } from './tool.caller';
import { WorkLoader } from './work.loader';

type AskOf<K extends Ask['kind']> = Extract<Ask, { kind: K }>;

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

/** Carries out runs: whatever the protocol (run.ts) asks for is answered from the real world. */
@Injectable()
export class RunRunner {
  private readonly active = new ActiveSteps();
  private readonly pulse: Pulse;

  constructor(
    private readonly tools: RunTools,
    private readonly lease: WorkerLease,
    config: Config,
    clock: Clock,
    private readonly log: Log,
  ) {
    this.pulse = {
      leaseTtlMs: config.leaseTtlMs,
      canSend: () => lease.canSend(),
      canClaim: () => lease.canClaim(),
      monotonicMs: () => clock.monotonicMs(),
      now: () => clock.now(),
    };
  }

  warmUp(): Promise<void> {
    return this.tools.ledger.warmUp(this.lease.workerId);
  }

  async run(steps: readonly StepAtEpoch[]): Promise<void> {
    const mine = this.active.take(steps);
    try {
      const work = mine.length > 0 ? await this.tools.loader.load(mine) : undefined;
      if (work) await this.drive(new Run(work, this.pulse).go(), this.progress());
      this.active.end(mine);
    } catch (error) {
      // The rows are as they were: the sweeper finds what is past due.
      this.log.error('run.failed', { steps: mine.map((step) => step.id), error });
      this.active.leave(mine);
    }
  }

  private progress(): RunProgress {
    return new RunProgress(this.tools.bell, () => this.tools.ledger.statementMs);
  }

  private async drive(run: Asking<void>, progress: RunProgress): Promise<void> {
    let turn = run.next();
    while (!turn.done) {
      let answer: unknown;
      try {
        answer = await this.answer(turn.value, progress);
      } catch (error) {
        turn = run.throw(error);
        continue;
      }
      turn = run.next(answer);
    }
  }

  private answer(ask: Ask, progress: RunProgress): unknown {
    switch (ask.kind) {
      case 'until-claimable':
        return this.lease.untilClaimable();
      case 'enter':
        return ask.waits ? this.tools.room.enter(ask.work) : this.tools.room.tryEnter(ask.work);
      case 'leave':
        ask.place.permit.giveBack();
        return ask.place.release();
      case 'advance':
        return this.advance(ask);
      case 'call':
        this.active.noteSent(ask.work);
        return this.tools.caller.call(ask);
      case 'refuse':
        return this.refuse(ask);
      case 'note':
        return progress.note(ask.stepId);
      case 'tell':
        return progress.tell();
    }
  }

  private async advance({ work, settle, claim }: AskOf<'advance'>): Promise<AdvanceAnswer> {
    const subjects = () => [work.stepId];
    if (settle) faultPoint('executor.before-settle', subjects);
    if (claim) faultPoint('executor.before-claim', subjects);
    const answer = await this.tools.ledger.advance({ workerId: this.lease.workerId, settle, claim });
    if (settle) faultPoint('executor.after-settle', subjects);
    if (answer.claim?.result === 'claimed') faultPoint('executor.after-claim', subjects);
    this.log.debug('run.advanced', { task: work.taskId, step: work.key, epoch: work.epoch, ...answer });
    return answer;
  }

  private async refuse({ work, code, message, request }: AskOf<'refuse'>): Promise<void> {
    const { stepId, epoch, taskId } = work;
    faultPoint('executor.before-refusal', () => [stepId]);
    await this.tools.ledger.refuse({ workerId: this.lease.workerId, stepId, epoch, taskId, code, message, request });
    faultPoint('executor.after-refusal', () => [stepId]);
  }
}
