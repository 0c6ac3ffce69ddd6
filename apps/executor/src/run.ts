import type { Scope } from '@muster/domain';
import {
  type AdvanceAnswer,
  type Claim,
  type ClaimResult,
  type Settlement,
  type ToolAnswer,
  tooOldToSend,
} from '@muster/ledger';
import type { Admission, Place } from './room';
import { type Called, calledOf } from './settlement';
import { type RunWork, requestOf, type StepWork } from './work';

/**
 * What a run asks of the world around it, one thing at a time. The runner (run.runner.ts) answers from the real world;
 * the simulation (test/simulation) answers from an invented one and may kill or freeze the process before any answer.
 */
export type Ask =
  /** May a step be claimed, now or before a lease has gone by? */
  | { readonly kind: 'until-claimable' }
  /** A place at the tool: waited for, or taken only where there is one at once. */
  | { readonly kind: 'enter'; readonly work: StepWork; readonly waits: boolean }
  | { readonly kind: 'leave'; readonly place: Place }
  /** One statement: settles what was answered, intends what goes next. */
  | { readonly kind: 'advance'; readonly work: StepWork; readonly settle?: Settlement; readonly claim?: Claim }
  /** Bytes leave. */
  | ({ readonly kind: 'call' } & Ready)
  | {
      readonly kind: 'refuse';
      readonly work: StepWork;
      readonly code: string;
      readonly message: string;
      /** What would have been sent, where a person is to be asked about it. */
      readonly request?: Buffer;
    }
  /** This step has something new; the coordinator hears of it before long, or at once where it is told to. */
  | { readonly kind: 'note'; readonly stepId: string }
  | { readonly kind: 'tell' };

/** What each of them is answered with. */
export interface Answers {
  readonly 'until-claimable': boolean;
  readonly enter: Admission;
  readonly leave: undefined;
  readonly advance: AdvanceAnswer;
  readonly call: ToolAnswer;
  readonly refuse: undefined;
  readonly note: undefined;
  readonly tell: undefined;
}

/** A piece of the protocol: asks, and comes to a result. */
export type Asking<T> = Generator<Ask, T, unknown>;

/** What a process knows of itself at once, without asking anybody. */
export interface Pulse {
  readonly leaseTtlMs: number;
  /** With its lock, and within half a lease of the last renewal that was confirmed. */
  canSend(): boolean;
  /** And not told to end: what is under way goes on, nothing is begun. */
  canClaim(): boolean;
  monotonicMs(): number;
  now(): Date;
}

/** A claimed step, ready to be called. */
interface Ready {
  readonly work: StepWork;
  readonly request: Buffer;
  readonly sending: number;
  readonly place: Place;
  /** To be asked again at the last moment: opening a connection may take longer than a claim may be old. */
  mayLeave(): boolean;
}

function* ask<K extends Ask['kind']>(wanted: Extract<Ask, { kind: K }>): Asking<Answers[K]> {
  return (yield wanted) as Answers[K];
}

/**
 * Works through a run: room, claim and intend, call, classify, settle together with the next claim, ring. A run goes on
 * only behind a schema-valid success; anything else, a withdrawal, a lost lease and a process that is told to end stop it
 * between any two steps.
 */
export class Run {
  private readonly steps: readonly StepWork[];
  private scope: Scope;

  constructor(
    work: RunWork,
    private readonly pulse: Pulse,
  ) {
    this.steps = work.steps;
    this.scope = work.scope;
  }

  *go(): Asking<void> {
    try {
      let ready = yield* this.begin(this.steps[0]!);
      for (let index = 0; ready; index++) ready = yield* this.work(ready, this.steps[index + 1]);
    } finally {
      yield* ask<'tell'>({ kind: 'tell' });
    }
  }

  private *begin(work: StepWork): Asking<Ready | undefined> {
    const request = yield* this.request(work);
    // Postgres may only have been away for a moment: whoever drops the run leaves it to a sweep.
    if (!request || !(yield* ask<'until-claimable'>({ kind: 'until-claimable' }))) return undefined;
    const admission = yield* ask<'enter'>({ kind: 'enter', work, waits: true });
    if (admission.kind !== 'place')
      return yield* this.refuse(work, 'breaker_open', `The breaker of ${work.contract.name} is open.`);
    return yield* this.claim(work, request, admission.place);
  }

  /** Calls, then settles; with the next step's claim in the same statement where there is room for it at once. */
  private *work(ready: Ready, next: StepWork | undefined): Asking<Ready | undefined> {
    const { work, sending } = ready;
    const answer = yield* ask<'call'>({ kind: 'call', ...ready });
    const { settlement, classification } = calledOf(work, sending, answer, this.pulse.now());
    const goesOn = settlement.state === 'succeeded' && settlement.outputValid === true && next !== undefined;
    if (goesOn) this.note(work, classification);
    const following = goesOn ? yield* this.advance(work, settlement, next) : yield* this.settle(work, settlement);
    // Where steps outside the run wait for it.
    if (work.step.dependants.some((index) => index !== following?.work.step.index))
      yield* ask<'tell'>({ kind: 'tell' });
    return following;
  }

  private note({ key }: StepWork, { output }: Called['classification']): void {
    const steps = { ...this.scope.steps, [key]: { state: 'succeeded', output: output ?? null } };
    this.scope = { ...this.scope, steps };
  }

  private *advance(work: StepWork, settle: Settlement, next: StepWork): Asking<Ready | undefined> {
    const request = yield* this.request(next);
    const admission =
      request && this.pulse.canClaim() ? yield* ask<'enter'>({ kind: 'enter', work: next, waits: false }) : undefined;
    if (!request || admission?.kind !== 'place') {
      yield* this.settle(work, settle);
      return request ? yield* this.beginLater(next) : undefined;
    }
    return yield* this.claim(next, request, admission.place, { work, settle });
  }

  /** No room at once: what is done is told first, since the wait may be long. */
  private *beginLater(next: StepWork): Asking<Ready | undefined> {
    yield* ask<'tell'>({ kind: 'tell' });
    return yield* this.begin(next);
  }

  private *settle(work: StepWork, settle: Settlement): Asking<undefined> {
    yield* ask<'advance'>({ kind: 'advance', work, settle });
    return yield* ask<'note'>({ kind: 'note', stepId: work.stepId });
  }

  private *claim(
    work: StepWork,
    request: Buffer,
    place: Place,
    after?: { work: StepWork; settle: Settlement },
  ): Asking<Ready | undefined> {
    if (!after && !this.pulse.canClaim()) return yield* leave(place);
    const claimedAt = this.pulse.monotonicMs();
    const answer = yield* this.commit(work, request, place, after?.settle);
    if (after) yield* ask<'note'>({ kind: 'note', stepId: after.work.stepId });
    const { result, sending } = answer.claim!;
    if (result !== 'claimed') {
      yield* leave(place);
      if (!isReason(result)) return undefined;
      return yield* this.refuse(work, result, REASONS[result], result === 'permit_required' ? request : undefined);
    }
    const mayLeave = () => this.maySend(claimedAt);
    if (mayLeave()) return { work, request, sending, place, mayLeave };
    yield* leave(place);
    return yield* this.settle(work, tooOldToSend(work.operationId, sending));
  }

  /** Bytes leave only within half a lease of the claim. */
  private maySend(claimedAt: number): boolean {
    return this.pulse.canSend() && this.pulse.monotonicMs() - claimedAt < this.pulse.leaseTtlMs / 2;
  }

  private *commit(work: StepWork, request: Buffer, place: Place, settle?: Settlement): Asking<AdvanceAnswer> {
    try {
      return yield* ask<'advance'>({
        kind: 'advance',
        work,
        settle,
        claim: claimOf(work, request, this.pulse.leaseTtlMs),
      });
    } catch (error) {
      yield* leave(place);
      throw error;
    }
  }

  private *request(work: StepWork): Asking<Buffer | undefined> {
    const request = requestOf(work, this.scope);
    return request.ok ? request.bytes : yield* this.refuse(work, request.code, request.message);
  }

  private *refuse(work: StepWork, code: string, message: string, request?: Buffer): Asking<undefined> {
    yield* ask<'refuse'>({ kind: 'refuse', work, code, message, request });
    return yield* ask<'note'>({ kind: 'note', stepId: work.stepId });
  }
}

function* leave(place: Place): Asking<undefined> {
  return yield* ask<'leave'>({ kind: 'leave', place });
}

const REASONS = {
  not_granted: 'The tool is not granted to this task at the contract its plan pinned.',
  request_changed: 'The same operation was sent before with other bytes.',
  permit_required: 'Nobody has given a permit for this operation.',
} as const;

const isReason = (result: ClaimResult): result is keyof typeof REASONS => Object.hasOwn(REASONS, result);

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
