import { isDeepStrictEqual } from 'node:util';
import { LIMITS } from '@muster/domain';
import type { Advance, AdvanceAnswer } from '@muster/ledger';
import type { Decision, Outcome, Reply, Revision } from '../../apps/coordinator/src/lifecycle/decision';
import type { Snapshot, StepRow } from '../../apps/coordinator/src/lifecycle/snapshot';
import type { RememberedRows } from '../../apps/coordinator/src/lifecycle/task.memory';
import type { StoredOperation } from '../../apps/coordinator/src/lifecycle/testing/memory.ledger';
import type { Scope } from '../../apps/coordinator/src/lifecycle/testing/memory.store';
import { Refused } from '../../apps/coordinator/src/lifecycle/testing/refused';
import { LEASE_TTL_MS } from '../../apps/coordinator/src/lifecycle/testing/task.world';
import type { StepWork } from '../../apps/executor/src/work';
import { Finding } from './finding';
import { RowOracle } from './row-oracle';
import type { Actor } from './stage';
import type { PhysicalCall } from './tool-site';
import type { World } from './world';

/** Classes whose sendings have an effect at a tool, outside. */
const OUTSIDE: readonly string[] = ['keyed', 'probed', 'opaque'];
const HISTORY_EVERY = 16;

/**
 * Stands at every statement and every sending, and says what must not be: by the world outside (what was sent, what took
 * effect, what may still come) and by the rows.
 */
export class Oracle {
  room = Number.POSITIVE_INFINITY;
  isHasty = false;
  private readonly rows: RowOracle;
  /** When each process asked for the claim of an operation. */
  private readonly askedAt = new Map<string, number>();
  private readonly claimed = new Set<string>();
  private readonly written = new Set<string>();
  /** Up to which sending of an operation a person has forgiven its losses. */
  private readonly forgiven = new Map<string, number>();
  /** What people have said yes to: the exact bytes, until when; gone once used. */
  private readonly released = new Map<string, { operationId: string; request: Buffer; until: number }>();
  private commits = 0;

  constructor(private readonly world: World) {
    this.rows = new RowOracle(world.store);
    world.site.onEffect = (operationId, step, effect, times) => this.judgeEffect(operationId, step, effect, times);
  }

  accuse(sentence: string): never {
    throw new Finding(sentence);
  }

  private accuseOf(sentences: readonly string[]): void {
    if (sentences.length > 0) this.accuse(sentences.join('; '));
  }

  // The coordinator.

  /** Rows of a coordinator's memory are those of the database, but for when they are due. */
  watchRecall(scope: Scope, remembered: RememberedRows): Snapshot {
    const { store } = this.world;
    const read = store.snapshot(scope);
    const recalled = store.snapshot(scope, remembered);
    const isOf = <T extends { dueAt: unknown }>(row: T, stored: T | undefined) =>
      row === stored || isDeepStrictEqual({ ...row, dueAt: null }, { ...stored, dueAt: null });
    if (!isOf(recalled.task, read.task)) this.accuse('a coordinator remembers another task than there is');
    for (const id of new Set([...read.steps.keys(), ...recalled.steps.keys()])) {
      const row = recalled.steps.get(id);
      if (!row || !isOf(row, read.steps.get(id)))
        this.accuse(`a coordinator does not remember ${this.world.keyOf(id)} as it is`);
    }
    return recalled;
  }

  watchDecision(snapshot: Snapshot, work: () => Outcome): Outcome {
    let outcome: Outcome;
    try {
      outcome = work();
    } catch (error) {
      return this.accuse(`a decision throws: ${messageOf(error)}`);
    }
    if (outcome.kind === 'decided') this.judgeDecision(snapshot, outcome.decision);
    return outcome;
  }

  /** Whoever has read that a call succeeded after all does not have it sent again, unless a person has said that it did not. */
  private judgeDecision({ sendings, steps, operations }: Snapshot, decision: Decision): void {
    const known = sendings.filter(({ late, outcome }) => late && outcome === 'succeeded');
    if (known.length === 0) return;
    for (const { id, key, operationId, epoch } of decision.steps) {
      const isDenied = operations.get(id)?.state === 'absent';
      const isKnown = !isDenied && known.some((sending) => sending.operationId === operationId);
      if (isKnown && epoch > (steps.get(id)?.epoch ?? epoch))
        this.accuse(`${key} is sent again though its answer is known`);
    }
  }

  watchCommit(decision: Decision, by: string): boolean {
    const { store, stage } = this.world;
    const before = new Map(store.ledger.operations);
    const stepsBefore = decision.plan ? new Map(store.steps) : undefined;
    const won = this.refusable(() => store.commit(decision));
    if (!won) return false;
    stage.say(
      'database',
      () =>
        `commits for ${by}: ${decision.events.map(({ type, data }) => `${type} ${data}`).join(' · ') || 'no event'}`,
    );
    for (const conclusion of decision.conclusions) {
      const operation = store.ledger.byId(conclusion.id)!;
      stage.say(
        'database',
        () =>
          `concludes ${this.world.keyOf(conclusion.stepId)}: ${conclusion.fromState} → ${conclusion.state} by ${conclusion.resolver}`,
      );
      this.judgeFate(before.get(operation.stepId), operation);
      if (conclusion.resolver === 'person') this.forgiven.set(operation.id, conclusion.fromSending);
    }
    this.notePermits(decision);
    if (stepsBefore) this.judgeRevision(stepsBefore);
    this.commits += 1;
    this.accuseOf([...this.rows.findings(), ...this.lossFindings()]);
    if (this.commits % HISTORY_EVERY === 0) this.accuseOf(this.rows.historyFindings());
    return true;
  }

  /** A new plan never touches what was sent. */
  private judgeRevision(before: ReadonlyMap<string, StepRow>): void {
    const { store } = this.world;
    for (const operation of store.ledger.operations.values()) {
      const [was, is] = [before.get(operation.stepId)!, store.steps.get(operation.stepId)!];
      const isSame = was.key === is.key && was.operationId === is.operationId && was.planIndex === is.planIndex;
      const isReplaced = is.condition.kind === 'none' && is.condition.reason === 'replaced';
      if (!isSame || isReplaced) this.accuse(`a new plan altered ${was.key}, for which something was sent`);
    }
  }

  /** Of two plans for the same one exactly one takes its place. */
  judgeRevised({ replaces }: Revision, answer: Reply): void {
    if (typeof answer !== 'object' || answer.kind !== 'revised' || answer.revision === replaces + 1) return;
    this.accuse(`a plan made from revision ${replaces} became revision ${answer.revision}`);
  }

  private notePermits({ permits }: Decision): void {
    for (const change of permits) {
      if (change.state !== 'granted') continue;
      const { operationId, request } = this.world.store.ledger.permits.all.get(change.id)!;
      this.released.set(change.id, { operationId, request, until: this.world.now + change.expiresInMs! });
    }
  }

  // The executor.

  /** An error that is not the harness's own is the protocol's. */
  watchProtocol<T>(next: () => T, isExpected: (error: unknown) => boolean): T | undefined {
    try {
      return next();
    } catch (error) {
      if (error instanceof Finding) throw error;
      if (isExpected(error)) return undefined;
      return this.accuse(`the protocol of a run throws: ${messageOf(error)}`);
    }
  }

  notesClaim({ operationId }: StepWork, process: Actor, at: number): void {
    this.askedAt.set(`${process.name} ${operationId}`, at);
  }

  watchAdvance(advance: Advance, process: Actor): AdvanceAnswer {
    const { ledger } = this.world.store;
    const { claim, settle } = advance;
    const before = claim && ledger.byId(claim.operationId);
    const settledBefore = settle && ledger.byId(settle.operationId);
    const answer = this.refusable(() => ledger.advance(advance, this.world.now));
    this.world.stage.say('database', () => `${process.name}: ${this.wordOf(advance, answer)}`);
    if (settle) this.judgeSettled(settledBefore, ledger.byId(settle.operationId)!);
    if (claim && answer.claim!.result === 'claimed') this.judgeClaim(before, ledger.byId(claim.operationId)!);
    return answer;
  }

  /** A sender that was given up and answers after all was not lost. */
  private lossFindings(): string[] {
    const { operations, sendings } = this.world.store.ledger;
    return [...operations.values()].flatMap((operation) => {
      const earlier = sendings.filter(({ operationId, late }) => operationId === operation.id && !late);
      const since = this.forgiven.get(operation.id) ?? 0;
      const lost = [...earlier, operation].filter(
        ({ code, sending }) => code === 'worker_lost' && sending > since,
      ).length;
      return lost > LIMITS.WORKER_LOSSES_MAX ? [`${this.world.keyOf(operation.stepId)} lost ${lost} workers`] : [];
    });
  }

  private wordOf({ settle, claim }: Advance, { settled, claim: claimed }: AdvanceAnswer): string {
    const keyOf = (id: string) => this.world.keyOf(this.world.store.ledger.byId(id)?.stepId ?? '');
    const parts = [
      ...(settle
        ? [
            `settles sending ${settle.sending} of ${keyOf(settle.operationId)} as ${settle.state} (${settle.code}): ${settled}`,
          ]
        : []),
      ...(claim ? [`claims ${this.world.keyOf(claim.stepId)}@${claim.epoch}: ${claimed!.result}`] : []),
    ];
    return parts.join(', ');
  }

  /** Called when the protocol lets bytes go; they leave when its process next runs. */
  watchCall(work: StepWork, sending: number, process: Actor): PhysicalCall {
    const { site, store, now } = this.world;
    const name = `sending ${sending} of ${work.key}`;
    const claimedAt = this.askedAt.get(`${process.name} ${work.operationId}`) ?? now;
    const operation = store.ledger.byId(work.operationId);
    if (!operation || operation.sending < sending) this.accuse(`${name} leaves before any row intends it`);
    const id = `${work.operationId} ${sending}`;
    if (this.written.has(id)) this.accuse(`${name} leaves a second time`);
    this.written.add(id);
    if (now - claimedAt >= LEASE_TTL_MS / 2)
      this.accuse(`${name} leaves ${now - claimedAt} ms after its claim was asked for`);
    return site.hold(work, sending, process, claimedAt);
  }

  // What is so, outside.

  private judgeClaim(before: StoredOperation | undefined, after: StoredOperation): void {
    const { store, site } = this.world;
    const step = store.steps.get(after.stepId)!;
    // A repeated statement finds its own claim.
    if (before?.sending === after.sending) return;
    if (store.task.withdrawal !== null) this.accuse(`${step.key} was claimed past the withdrawal of its task`);
    if (step.permit && !before) this.judgePermit(step.key, after);
    const dispatch = `${step.id} ${after.epoch}`;
    if (this.claimed.has(dispatch)) this.accuse(`${step.key}@${after.epoch} was claimed twice`);
    this.claimed.add(dispatch);
    this.accuseOf(this.rows.claimFindings(step, before));
    if (!before || before.releases > 0 || (after.effect !== 'probed' && after.effect !== 'opaque')) return;
    const times = site.effectsBy(after.id);
    if (times > 0) this.accuse(`${after.effect} ${step.key} is sent again though it has taken effect`);
    if (site.mayStillHappen(after.id))
      this.accuse(`${after.effect} ${step.key} is sent again though it may still take effect`);
  }

  /** Of an operation that is sent for the first time. */
  private judgePermit(key: string, { id, request }: StoredOperation): void {
    const [permit] = [...this.released].find(
      ([, one]) => one.operationId === id && one.request.equals(request) && one.until > this.world.now,
    ) ?? [undefined];
    if (permit === undefined) return this.accuse(`${key} is sent without a person's permit`);
    this.released.delete(permit);
  }

  private judgeSettled(before: StoredOperation | undefined, after: StoredOperation): void {
    if (before?.state === after.state && before.sending === after.sending) return;
    if (after.effect === 'transactional' && after.state === 'succeeded')
      this.world.site.takeEffect({
        operationId: after.id,
        step: this.world.keyOf(after.stepId),
        sending: after.sending,
        effect: after.effect,
      });
    this.judgeFate(before, after);
  }

  /** What the ledger says of an operation's fate, against what is so. A person's word is that person's. */
  private judgeFate(before: StoredOperation | undefined, after: StoredOperation): void {
    if (before?.state === after.state || after.effect === 'none' || after.releases > 0) return;
    this.accuseOf(this.fateFindings(after));
    const isDenied = after.state === 'failed' || after.state === 'absent';
    if (isDenied && OUTSIDE.includes(after.effect) && this.world.site.mayStillHappen(after.id))
      this.accuse(`${this.world.keyOf(after.stepId)} is held to be ${after.state} though it may still take effect`);
  }

  private fateFindings({ id, stepId, state, effect, resolver, releases }: StoredOperation): string[] {
    if (effect === 'none' || releases > 0) return [];
    const times = this.world.site.effectsBy(id);
    const key = this.world.keyOf(stepId);
    if ((state === 'failed' || state === 'absent') && times > 0)
      return [`${key} is held to be ${state}, but it took effect`];
    const isBelieved = state === 'succeeded' && resolver !== 'person' && !this.world.site.isPhantom(id);
    return isBelieved && times === 0 ? [`${key} is held to have succeeded, but it never took effect`] : [];
  }

  private judgeEffect(operationId: string, step: string, effect: PhysicalCall['effect'], times: number): void {
    if (times === 1) return;
    const releases = this.world.store.ledger.byId(operationId)?.releases ?? 0;
    const isExcused =
      effect === 'keyed' && this.world.site.calls.some((call) => call.operationId === operationId && call.isBelated);
    if (times > 1 + releases && !isExcused) this.accuse(`${effect} ${step} took effect ${times} times`);
  }

  /** After a sweep, when nothing moves by itself: whoever is still parked is waiting for a person, not for an answer that is there. */
  judgeParked(): void {
    const { steps, ledger } = this.world.store;
    for (const { id, key, state } of steps.values()) {
      const operation = state === 'parked' ? ledger.operations.get(id) : undefined;
      if (!operation) continue;
      const isKnown = ledger.sendings.some(
        (row) => row.operationId === operation.id && row.late && row.outcome === 'succeeded',
      );
      if (isKnown || operation.state !== 'unknown') this.accuse(`${key} stays parked though its answer is known`);
    }
  }

  /** When everything has come to rest. */
  judgeEnd(): void {
    const { store, site } = this.world;
    this.accuseOf([...this.rows.findings(), ...this.rows.historyFindings(), ...this.rows.endFindings()]);
    for (const operation of store.ledger.operations.values()) {
      this.accuseOf(this.fateFindings(operation));
      const { state, key } = store.steps.get(operation.stepId)!;
      const isBelieved = state === 'succeeded' && OUTSIDE.includes(operation.effect) && operation.resolver !== 'person';
      if (isBelieved && site.effectsBy(operation.id) === 0) this.accuse(`${key} succeeded without an effect`);
    }
  }

  private refusable<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof Refused) return this.accuse(`the database refuses: ${error.message}`);
      throw error;
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
