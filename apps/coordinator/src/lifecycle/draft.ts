import {
  type CompiledPlan,
  type CompiledStep,
  chainEvents,
  compiledCall,
  type EventDraft,
  hasEnded,
  isCallKey,
  type JsonValue,
  STEP,
  type StepCondition,
  type StepState,
  stepAt,
  TASK,
  type TaskState,
  transition,
} from '@muster/domain';
import { attended } from './attention';
import type { Conclusion, Decision, Input, NewItem, PermitChange, Reply, Ring, Wants } from './decision';
import type {
  AgentFacts,
  CallFacts,
  FailureRecord,
  OperationRow,
  Snapshot,
  StepOutput,
  StepRow,
  Surroundings,
  TaskRow,
} from './snapshot';
import { StepTally } from './step-tally';

/** Thrown inside a decision that lacks facts; `decide` turns it into wants. It never leaves this folder. */
export class MissingFacts extends Error {
  constructor(readonly wants: Partial<Wants>) {
    super('The snapshot does not hold what this decision needs.');
  }
}

const NOTHING_CALLED: AgentFacts = { calls: [], answer: null, lastEffectAt: null };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * What still has to be followed up: a step ended (`met`: its dependants may go on), all needs of a step are met, or the
 * fallback of a failed step has ended in its stead.
 */
export type Consequence =
  | { readonly kind: 'ended'; readonly id: string; readonly met: boolean }
  | { readonly kind: 'arrived'; readonly id: string }
  | { readonly kind: 'stood-in'; readonly id: string; readonly met: boolean };

export interface StepPatch extends Partial<Omit<StepRow, 'state'>> {
  readonly state?: StepState;
}

/** The working copy of one task while a decision is made: reads see what was already decided. */
export class Draft {
  readonly task: Mutable<TaskRow>;
  readonly rings: Ring[] = [];
  readonly followUps: Input[] = [];
  readonly replies: Reply[] = [];
  readonly worklist: (Consequence & { depth: number })[] = [];
  /** How many consequences lie between what was looked at and what is followed up now. */
  depth = 0;
  readonly conclusions: Conclusion[] = [];
  readonly permits: PermitChange[] = [];
  private adopted?: CompiledPlan;
  private readonly relinked = new Set<string>();
  closeSteps = false;
  withdraws = false;
  private readonly changed = new Map<string, StepRow>();
  private readonly items = new Map<string, NewItem>();
  /** By `forEach` step: the items made here, in order, and how far those that wait have been taken. */
  private readonly newItems = new Map<string, string[]>();
  private readonly itemsTaken = new Map<string, { upTo: number; at: number }>();
  private readonly operations = new Map<string, OperationRow>();
  /** Final answers of agents that ended here: no row refers to them yet. */
  private readonly finals = new Map<string, JsonValue>();
  private readonly events: EventDraft[] = [];
  private readonly tally: StepTally;
  private dispatched = 0;

  constructor(
    readonly snapshot: Snapshot,
    readonly surroundings: Surroundings,
  ) {
    this.task = { ...snapshot.task };
    this.tally = new StepTally(snapshot.task.stepCounts);
  }

  get now(): number {
    return this.snapshot.now;
  }

  step(id: string): StepRow {
    const row = this.items.get(id)?.row ?? this.changed.get(id) ?? this.snapshot.steps.get(id);
    if (!row) throw new MissingFacts({ steps: [id] });
    return row;
  }

  /** Asks for all of these at once; behind a failure (`closureOf`) for everything that follows as well. */
  require(ids: readonly string[], closureOf?: string): void {
    const missing = ids.filter((id) => !this.items.has(id) && !this.changed.has(id) && !this.snapshot.steps.has(id));
    if (missing.length > 0) throw new MissingFacts(closureOf ? { closures: [closureOf] } : { steps: missing });
  }

  compiled(step: StepRow): CompiledStep {
    const planned = stepAt(this.snapshot.plan, step.planIndex);
    if (!isCallKey(step.key)) return planned;
    return compiledCall(planned, this.snapshot.contracts.get(step.contractHash)!);
  }

  /** What an agent has called so far, what this decision changed and added among it. */
  agentFacts(agent: StepRow): AgentFacts {
    // One that began in this decision has called nothing before.
    const facts = this.snapshot.agents.get(agent.id) ?? (this.items.has(agent.id) ? NOTHING_CALLED : undefined);
    if (!facts) throw new MissingFacts({ agents: [agent.id] });
    const known = facts.calls.map((call) => ({ ...call, ...this.changeOf(call.id) }));
    const added = (this.newItems.get(agent.id) ?? []).map((id) => this.addedCall(id));
    return { ...facts, calls: [...known, ...added] };
  }

  private changeOf(id: string): Pick<CallFacts, 'state' | 'exitReason'> | undefined {
    const changed = this.changed.get(id);
    return changed && { state: changed.state, exitReason: changed.failure?.exitReason };
  }

  private addedCall(id: string): CallFacts {
    const { key, kind, contractHash, state, call, failure } = this.items.get(id)!.row;
    return { id, key, kind, contractHash, state, call: call!, exitReason: failure?.exitReason };
  }

  /** Whether the fate of a step's operation was concluded here, so that its answer is not to be read yet. */
  isConcluded(stepId: string): boolean {
    return this.conclusions.some((conclusion) => conclusion.stepId === stepId);
  }

  keepFinal(agent: StepRow, answer: JsonValue): void {
    this.finals.set(agent.id, answer);
  }

  /** The step of the plan at an index; items have none of their own. */
  stepAt(index: number): StepRow {
    return this.stepsAt([index])[0]!;
  }

  /** Asks for all of these at once. */
  stepsAt(indices: readonly number[]): StepRow[] {
    const missing = indices.filter((index) => !this.snapshot.atIndex.has(index));
    if (missing.length > 0) throw new MissingFacts({ members: missing });
    return indices.map((index) => this.step(this.snapshot.atIndex.get(index)!));
  }

  operation(step: StepRow): OperationRow | undefined {
    return this.operations.get(step.id) ?? this.snapshot.operations.get(step.id);
  }

  outputs(indices: readonly number[]): Map<number, StepOutput> {
    const missing = indices.filter((index) => !this.snapshot.outputs.has(index));
    if (missing.length > 0) throw new MissingFacts({ outputs: missing });
    return new Map(indices.map((index) => [index, this.outputNow(index)]));
  }

  /** As loaded, but for what this very decision ended. */
  private outputNow(index: number): StepOutput {
    const loaded = this.snapshot.outputs.get(index)!;
    const id = this.snapshot.atIndex.get(index);
    const state = id ? this.step(id).state : loaded.state;
    if (this.snapshot.plan.steps[index]!.forEach === undefined) {
      const output = (id && this.finals.get(id)) ?? loaded.output;
      return { state, output: state === 'succeeded' ? output : null };
    }
    // One that never had items has no list: the same that executor and verifier read back.
    if (!loaded.outputs && state !== 'succeeded') return { state, output: null };
    const outputs = [...(loaded.outputs ?? [])];
    for (const item of this.changed.values()) {
      if (item.planIndex !== index || item.itemIndex === null || isCallKey(item.key)) continue;
      if (item.state !== 'succeeded') outputs[item.itemIndex] = null;
      else if (this.finals.has(item.id)) outputs[item.itemIndex] = this.finals.get(item.id)!;
    }
    return { state, output: null, outputs };
  }

  /** Moves a step, through its lifecycle table, and tells it in the history where its state or epoch changed. */
  change(id: string, patch: StepPatch, event?: EventDraft): StepRow {
    const before = this.step(id);
    if (patch.state && patch.state !== before.state) {
      this.tally.move(before.state, transition(STEP, before.state, patch.state));
    }
    const after: StepRow = { ...before, ...patch };
    const item = this.items.get(id);
    if (item) this.items.set(id, { ...item, row: after });
    else this.changed.set(id, after);
    if (event) this.tell(event.type, { steps: { [after.key]: [after.state, after.epoch] }, ...event.data });
    return after;
  }

  addItem(item: NewItem): void {
    this.add(item);
    const siblings = this.newItems.get(item.row.parentId!);
    if (siblings) siblings.push(item.row.id);
    else this.newItems.set(item.row.parentId!, [item.row.id]);
  }

  /** One more step, none of a plan's so far. */
  addStep(row: StepRow): void {
    this.add({ row, item: null });
  }

  private add(item: NewItem): void {
    this.items.set(item.row.id, item);
    this.tally.add(item.row.state);
    this.task.openSteps += 1;
    this.task.stepsTotal += 1;
  }

  /** The next item of this `forEach` that waits for a slot; each is answered once. Items start in their order. */
  nextItem(parent: StepRow, total: number): string | undefined {
    const waiting = this.newItems.get(parent.id) ?? this.snapshot.nextItems.get(parent.id);
    if (!waiting) throw new MissingFacts({ items: [parent.id] });
    const taken = this.itemsTaken.get(parent.id) ?? { upTo: -1, at: 0 };
    this.itemsTaken.set(parent.id, taken);
    for (; taken.at < waiting.length; taken.at++) {
      const item = this.step(waiting[taken.at]!);
      if (item.state !== 'pending' || item.itemIndex! <= taken.upTo) continue;
      taken.upTo = item.itemIndex!;
      return item.id;
    }
    const last = waiting.at(-1);
    if (last === undefined || this.step(last).itemIndex === total - 1) return undefined;
    // More ended here than the loader foresaw. Twice as many are asked for, so that few loads suffice.
    throw new MissingFacts({ items: Array.from({ length: 2 * waiting.length }, () => parent.id) });
  }

  /** From the commit on the task goes by this plan. */
  adopt(plan: CompiledPlan, revision: number, rows: readonly StepRow[]): void {
    this.adopted = plan;
    for (const row of rows) this.addStep(row);
    this.task.planRevision = revision;
    this.task.planHash = plan.hash;
    this.task.criteriaCount += plan.completion.length;
  }

  /** The plan that the task goes by when this decision is done. */
  get currentPlan(): CompiledPlan {
    return this.adopted ?? this.snapshot.plan;
  }

  /** The task has another plan from here on; what follows from it is for the next decision, which sees it. */
  get isReplanned(): boolean {
    return this.adopted !== undefined;
  }

  /** Others wait for this step from here on. */
  relink(id: string, dependants: readonly string[]): void {
    this.change(id, { dependants });
    this.relinked.add(id);
  }

  moveTask(state: TaskState): void {
    this.task.state = transition(TASK, this.task.state, state);
  }

  /** Carried out when what is at hand has been dealt with, so that nothing recurses. */
  follow(consequence: Consequence): void {
    this.worklist.push({ ...consequence, depth: this.depth + 1 });
  }

  tell(type: string, data: Record<string, unknown>): void {
    this.events.push({ type, data });
  }

  ring(ring: Ring): void {
    this.rings.push(ring);
  }

  /** Room in the tenant's window; what this decision dispatches is counted as it goes. */
  takeRoom(): boolean {
    if (this.dispatched >= this.surroundings.room) return false;
    this.dispatched += 1;
    return true;
  }

  /** One conclusion per operation: a second one of the same decision takes the first one's place. */
  conclude(step: StepRow, conclusion: Omit<Conclusion, 'id' | 'stepId' | 'fromState' | 'fromSending'>): OperationRow {
    const after = this.concludeOperation(this.operation(step)!, conclusion);
    this.operations.set(step.id, after);
    return after;
  }

  concludeOperation(
    operation: OperationRow,
    conclusion: Omit<Conclusion, 'id' | 'stepId' | 'fromState' | 'fromSending'>,
  ): OperationRow {
    const index = this.conclusions.findIndex((other) => other.id === operation.id);
    const drawnFrom = this.conclusions[index] ?? { fromState: operation.state, fromSending: operation.sending };
    const final = {
      ...conclusion,
      id: operation.id,
      stepId: operation.stepId,
      fromState: drawnFrom.fromState,
      fromSending: drawnFrom.fromSending,
    };
    if (index < 0) this.conclusions.push(final);
    else this.conclusions[index] = final;
    return {
      ...operation,
      state: conclusion.state,
      resolver: conclusion.resolver,
      code: conclusion.code,
      message: conclusion.message,
      doubt: conclusion.state === 'absent' ? 0 : operation.doubt,
      releases: operation.releases + (conclusion.release ? 1 : 0),
      outputValid: null,
      settledAt: conclusion.state === 'unknown' ? null : this.now,
    };
  }

  /** Ends a step: exactly one place counts open steps down. */
  end(
    id: string,
    state: 'succeeded' | 'failed' | 'skipped' | 'cancelled',
    event: EventDraft,
    failure?: FailureRecord,
  ): StepRow {
    const condition: StepCondition = {
      kind: 'none',
      ...(event.data.reason ? { reason: String(event.data.reason) } : {}),
    };
    this.unpark(this.step(id));
    const step = this.change(
      id,
      { state, condition, dueAt: null, finishedAt: this.now, failure: failure ?? null },
      event,
    );
    this.task.openSteps -= 1;
    return step;
  }

  park(id: string, condition: Extract<StepCondition, { kind: 'person' }>, dueAt: number | null): StepRow {
    const wasParked = this.step(id).state === 'parked';
    const step = this.change(
      id,
      { state: 'parked', condition, dueAt },
      wasParked ? undefined : { type: 'step.parked', data: { reason: condition.reason, message: condition.message } },
    );
    if (!wasParked) this.attend(1, condition);
    return step;
  }

  /** To be called before a parked step moves on. */
  unpark(step: StepRow): void {
    if (step.state === 'parked') this.attend(-1);
  }

  private attend(change: 1 | -1, because?: { reason: string; message: string }): void {
    this.task.conditions = attended(this.task.conditions, change, this.now, because);
  }

  /** Whether anything was decided at all. */
  get isEmpty(): boolean {
    return (
      this.changed.size === 0 &&
      this.items.size === 0 &&
      this.conclusions.length === 0 &&
      this.events.length === 0 &&
      !this.closeSteps &&
      this.task.dueAt === this.snapshot.task.dueAt
    );
  }

  finish(): Decision {
    const events = chainEvents(this.events, { seq: this.task.eventSeq, hash: this.task.eventHash }, this.now);
    const last = events.at(-1);
    this.task.revision += 1;
    this.task.eventSeq = last?.seq ?? this.task.eventSeq;
    this.task.eventHash = last?.hash ?? this.task.eventHash;
    if (this.closeSteps) this.tally.close();
    this.task.stepCounts = this.tally.counts;
    return {
      before: this.snapshot.task,
      task: this.task,
      steps: [...this.changed.values()].filter((step) => !this.closeSteps || hasEnded(step.state)),
      items: [...this.items.values()],
      ...(this.adopted && { plan: this.adopted }),
      relinked: this.relinked,
      conclusions: this.conclusions,
      permits: this.permits,
      events,
      rings: this.rings,
      closeSteps: this.closeSteps,
      withdraws: this.withdraws,
      followUps: this.followUps,
      replies: this.replies,
    };
  }
}
