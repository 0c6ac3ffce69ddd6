import {
  type CompiledPlan,
  canTransition,
  type EventRow,
  hasEnded,
  hashJson,
  isCallKey,
  type JsonValue,
  modelContractOf,
  type ResolvedContract,
  STEP,
  TASK,
} from '@muster/domain';
import type { Acceptance } from '../accept';
import type { Decision, PermitChange, Wants } from '../decision';
import { WITHOUT_OPERATION } from '../load.sql';
import type {
  AgentFacts,
  CallFacts,
  OperationRow,
  RefusalRow,
  Snapshot,
  StepOutput,
  StepRow,
  TaskRow,
  VerdictRow,
} from '../snapshot';
import type { RememberedRows } from '../task.memory';
import { CONTRACTS_BY_HASH } from './contracts';
import { MemoryLedger, outputOf } from './memory.ledger';
import { Refused } from './refused';

/** What a decision is to be drawn from, as the reader of the real store counts it. */
export interface Scope {
  readonly steps: ReadonlySet<string>;
  readonly outputs: ReadonlySet<number>;
  readonly items: ReadonlyMap<string, readonly string[]>;
  readonly agents: ReadonlySet<string>;
}

export const scopeOf = (stepIds: Iterable<string>): Scope => ({
  steps: new Set(stepIds),
  outputs: new Set(),
  items: new Map(),
  agents: new Set(),
});

/** Items loaded beyond those that were asked for, as in the real reader. */
const SPARE_ITEMS = 64;

/** The rows of one task in memory: shown as the reader shows them, written as the commit writes them. */
export class MemoryStore {
  readonly ledger: MemoryLedger;
  readonly steps = new Map<string, StepRow>();
  readonly items = new Map<string, string>();
  readonly events: EventRow[] = [];
  readonly refusals: (RefusalRow & { epoch: number; request?: Buffer })[] = [];
  readonly verdicts: (VerdictRow & { round: number })[] = [];
  task: TaskRow;
  /** The one that the task goes by. */
  plan: CompiledPlan;

  constructor(
    readonly acceptance: Acceptance,
    public now: number,
  ) {
    this.task = acceptance.task;
    this.plan = acceptance.submission.plan;
    this.ledger = new MemoryLedger(
      (stepId) => {
        const step = this.steps.get(stepId);
        return step && { task: this.task, step };
      },
      // A revision only ever adds to what an earlier one has pinned.
      () =>
        [...Object.values(this.plan.body.pins), ...Object.values(this.plan.body.agents ?? {})].map(({ hash }) => hash),
    );
    for (const step of acceptance.steps) this.steps.set(step.id, step);
    this.events.push(...acceptance.events);
  }

  /** Calls reserved when the task was accepted. */
  get firstCalls(): number {
    return this.acceptance.task.toolCalls;
  }

  /** By hash, the contracts of the model calls among them: what the plan cache gives. */
  get contracts(): ReadonlyMap<string, ResolvedContract> {
    return new Map([
      ...CONTRACTS_BY_HASH,
      ...[...this.plan.agents.values()].map((agent) => [agent.hash, modelContractOf(agent)] as const),
    ]);
  }

  byKey(key: string): StepRow {
    const found = [...this.steps.values()].find((step) => step.key === key);
    if (!found) throw new Error(`There is no step '${key}'.`);
    return found;
  }

  /**
   * Only what was named, its direct dependants and its parents: the whole plan is never loaded. Where the coordinator
   * still has these rows, they are its own.
   */
  snapshot(scope: Scope, remembered?: RememberedRows): Snapshot {
    const task = remembered?.task ?? this.task;
    const steps = new Map((remembered?.steps ?? this.rowsOf(scope)).map((step) => [step.id, step]));
    const shown = [...steps.values()].filter(({ state }) => !WITHOUT_OPERATION.includes(state));
    const { operations, sendings, workers, probes } = this.ledger;
    const loaded = shown.flatMap((step) => operations.get(step.id) ?? []);
    const answered = idsOf(loaded, ({ state, sending }) => state !== 'succeeded' && (state !== 'sent' || sending > 1));
    const unknown = idsOf(loaded, ({ state }) => state === 'unknown');
    const isClosing = task.withdrawal !== null && task.finishedAt === null;
    const inFlight = isClosing ? [...operations.values()].filter(({ state }) => state === 'sent') : [];
    const known = new Map([...loaded, ...inFlight].map((operation) => [operation.stepId, operation]));
    return {
      now: this.now,
      task,
      plan: this.plan,
      contracts: this.contracts,
      steps,
      operations: known,
      sendings: sendings.filter((sending) => answered.has(sending.operationId)),
      workers: workers.all,
      refusals: new Map(this.refusalsOf(steps).map((refusal) => [refusal.stepId, refusal])),
      verdicts: new Map(this.verdictsOf(steps).map((verdict) => [verdict.stepId!, verdict])),
      taskVerdict:
        task.state === 'verifying'
          ? this.verdicts.find(({ stepId, round }) => stepId === null && round === task.planRevision)
          : undefined,
      probes: probes.filter((probe) => unknown.has(probe.operationId)).sort((a, b) => a.beganAt - b.beganAt),
      outputs: new Map([...scope.outputs].map((index) => [index, this.outputAt(index)])),
      nextItems: scope.items,
      agents: new Map([...scope.agents].map((id) => [id, this.agentFacts(id)])),
      atIndex: new Map(
        [...steps.values()].filter((step) => step.itemIndex === null).map((step) => [step.planIndex, step.id]),
      ),
      sentOperations: [...known.values()].filter(({ state }) => state === 'sent'),
    };
  }

  private rowsOf(scope: Scope): StepRow[] {
    const named = [...scope.steps].map((id) => this.steps.get(id)!);
    const ids = new Set(named.flatMap((step) => [step.id, ...step.dependants, ...this.above(step)]));
    return [...ids].map((id) => this.steps.get(id)!);
  }

  /** What a step belongs to, up to the node of the plan. */
  private above({ parentId }: StepRow): string[] {
    return parentId === null ? [] : [parentId, ...this.above(this.steps.get(parentId)!)];
  }

  private refusalsOf(steps: ReadonlyMap<string, StepRow>) {
    return this.refusals.filter(({ stepId, epoch }) => {
      const step = steps.get(stepId);
      return step?.state === 'dispatched' && step.epoch === epoch;
    });
  }

  private verdictsOf(steps: ReadonlyMap<string, StepRow>) {
    return this.verdicts.filter(({ stepId, round }) => {
      const step = stepId === null ? undefined : steps.get(stepId);
      return step?.state === 'verifying' && step.epoch === round;
    });
  }

  outputAt(index: number): StepOutput {
    const rows = [...this.steps.values()].filter((step) => step.planIndex === index && !isCallKey(step.key));
    const parent = rows.find((step) => step.itemIndex === null)!;
    const items = rows.filter((step) => step.itemIndex !== null).sort((a, b) => a.itemIndex! - b.itemIndex!);
    const output = this.outputOf(parent);
    if (items.length > 0) return { state: parent.state, output, outputs: items.map((item) => this.outputOf(item)) };
    const isEmptyForEach = parent.state === 'succeeded' && !this.ledger.byId(parent.operationId);
    return isEmptyForEach ? { state: parent.state, output: null, outputs: [] } : { state: parent.state, output };
  }

  private agentFacts(agentId: string): AgentFacts {
    const calls = [...this.steps.values()].filter((step) => step.parentId === agentId);
    calls.sort((a, b) => a.itemIndex! - b.itemIndex!);
    const model = calls.findLast((call) => call.kind === 'model');
    const answer = model && this.ledger.byId(model.operationId);
    return {
      calls: calls.map((call) => this.callFacts(call)),
      answer: answer?.state === 'succeeded' ? (answer.response?.toString() ?? null) : null,
      lastEffectAt: this.ledger.lastEffectAt(),
    };
  }

  private callFacts({ id, key, kind, contractHash, state, call, failure, operationId }: StepRow): CallFacts {
    const operation = this.ledger.byId(operationId);
    const answer = operation?.state === 'succeeded' ? outputOf(operation) : undefined;
    const result = answer === undefined ? undefined : resultOf(kind, answer);
    return {
      ...{ id, key, kind, contractHash, state, call: call! },
      exitReason: failure?.exitReason,
      resultHash: result === undefined ? undefined : hashJson(result),
      sentAt: answer === undefined ? undefined : operation?.sentAt,
    };
  }

  private outputOf(step: StepRow): JsonValue {
    if (step.kind === 'agent') return this.finalOf(step);
    const operation = this.ledger.operations.get(step.id);
    const isOutput = operation?.state === 'succeeded' && !['failed', 'skipped', 'cancelled'].includes(step.state);
    return isOutput ? outputOf(operation) : null;
  }

  private finalOf(agent: StepRow): JsonValue {
    const operation = this.ledger.byId(agent.operationId);
    const isOutput = operation?.state === 'succeeded' && !['failed', 'skipped', 'cancelled'].includes(agent.state);
    return isOutput ? resultOf('agent', outputOf(operation)) : null;
  }

  expand(scope: Scope, wants: Wants): Scope {
    const all = [...this.steps.values()];
    const members = all.filter((step) => step.itemIndex === null && wants.members.includes(step.planIndex));
    const items = new Map(scope.items);
    for (const parentId of new Set(wants.items)) {
      const most = wants.items.filter((id) => id === parentId).length + SPARE_ITEMS;
      items.set(parentId, [...(items.get(parentId) ?? []), ...this.waitingItems(parentId).slice(0, most)]);
    }
    const found = [
      ...wants.steps,
      ...members.map(({ id }) => id),
      ...this.behind(wants.closures),
      ...[...items.values()].flat(),
    ];
    return {
      steps: new Set([...scope.steps, ...found]),
      outputs: new Set([...scope.outputs, ...wants.outputs]),
      items,
      agents: new Set([...scope.agents, ...wants.agents]),
    };
  }

  private waitingItems(parentId: string): string[] {
    const items = [...this.steps.values()].filter((step) => step.parentId === parentId && step.state === 'pending');
    return items.sort((a, b) => a.itemIndex! - b.itemIndex!).map(({ id }) => id);
  }

  private behind(roots: readonly string[]): Set<string> {
    const found = new Set(roots);
    for (const id of found) for (const dependant of this.steps.get(id)!.dependants) found.add(dependant);
    return found;
  }

  /** The first word on a dispatch stands. */
  refuse(stepId: string, epoch: number, code: string, message: string, request?: Buffer): void {
    if (this.refusals.some((refusal) => refusal.stepId === stepId && refusal.epoch === epoch)) return;
    this.refusals.push({ stepId, epoch, code, message, request });
  }

  /** The first verdict stands, and only while the row waits for it. False where it came too late. */
  judge(verdict: VerdictRow & { round: number }): boolean {
    const { stepId, round } = verdict;
    const step = stepId === null ? undefined : this.steps.get(stepId);
    const isAwaited = step
      ? step.state === 'verifying' && step.epoch === round
      : this.task.state === 'verifying' && this.task.planRevision === round;
    if (!isAwaited || this.verdicts.some((other) => other.stepId === stepId && other.round === round)) return false;
    this.verdicts.push(verdict);
    return true;
  }

  /** Whole or not at all, and only on the rows it was drawn from. False: somebody else was first. */
  commit(decision: Decision): boolean {
    const { before, task, conclusions } = decision;
    if (before.revision !== this.task.revision || !conclusions.every((one) => this.ledger.admits(one))) return false;
    this.writeTask(task);
    for (const conclusion of conclusions) this.ledger.conclude(conclusion, this.now);
    for (const step of decision.steps) this.writeStep(step);
    for (const change of decision.permits) this.writePermit(change);
    if (decision.plan) this.plan = decision.plan;
    for (const { row, item } of decision.items) {
      this.steps.set(row.id, row);
      if (item !== null) this.items.set(row.id, item);
    }
    if (decision.closeSteps) this.ledger.permits.void();
    if (decision.closeSteps) this.close(new Set(decision.steps.map(({ id }) => id)));
    this.events.push(...decision.events);
    return true;
  }

  private writePermit(change: PermitChange): void {
    if (change.state !== 'pending') return this.ledger.permits.decide(change, this.now);
    const { step, id } = change;
    const refusal = this.refusals.find(({ stepId, epoch }) => stepId === step.id && epoch === step.epoch);
    if (!refusal?.request) throw new Refused('A permit was asked for without bytes to ask about.');
    this.ledger.permits.ask({ id, operationId: step.operationId, request: refusal.request });
  }

  private writeTask(task: TaskRow): void {
    const before = this.task;
    if (before.state !== task.state && !canTransition(TASK, before.state, task.state)) {
      throw new Refused(`The task went from ${before.state} to ${task.state}.`);
    }
    const isEvident =
      task.openSteps === 0 && !task.failure && !task.withdrawal && (task.criteriaCount === 0 || task.verdictId);
    if (task.state === 'completed' && !isEvident) throw new Refused('The task completed without evidence.');
    if (task.openSteps < 0 || task.toolCalls < 0) throw new Refused('A count of the task fell below zero.');
    this.task = { ...task };
  }

  private writeStep(step: StepRow): void {
    const before = this.steps.get(step.id)!;
    if (before.state !== step.state && !canTransition(STEP, before.state, step.state)) {
      throw new Refused(`Step ${step.key} went from ${before.state} to ${step.state}.`);
    }
    if (step.waitingOn < 0) throw new Refused(`Step ${step.key} waits on fewer than no needs.`);
    if (step.epoch < before.epoch) throw new Refused(`The epoch of ${step.key} fell.`);
    this.steps.set(step.id, step);
  }

  private close(written: ReadonlySet<string>): void {
    for (const step of this.steps.values()) {
      if (hasEnded(step.state) || written.has(step.id)) continue;
      const closed = { condition: { kind: 'none', reason: 'withdrawn' }, dueAt: null, finishedAt: this.now } as const;
      this.writeStep({ ...step, ...closed, state: 'cancelled' });
    }
  }
}

const resultOf = (kind: StepRow['kind'], answer: JsonValue): JsonValue =>
  kind === 'agent' ? ((answer as { output?: JsonValue } | null)?.output ?? null) : answer;

const idsOf = (rows: readonly OperationRow[], fits: (row: OperationRow) => boolean): ReadonlySet<string> =>
  new Set(rows.filter(fits).map(({ id }) => id));
