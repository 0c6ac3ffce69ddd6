import { isDeepStrictEqual } from 'node:util';
import {
  type CompiledStep,
  findBreak,
  foldEvents,
  GOAL_REVISIONS_MAX,
  hasEnded,
  isCallKey,
  isTerminal,
  PLANNING_INDEX,
  PLANNING_REVISION,
  stepAt,
  TASK,
} from '@muster/domain';
import type { StepRow } from '../../apps/coordinator/src/lifecycle/snapshot';
import { ABSENT_AFTER_MS, TIMEOUT_MS, WINDOW_MS } from '../../apps/coordinator/src/lifecycle/testing/contracts';
import type { StoredOperation } from '../../apps/coordinator/src/lifecycle/testing/memory.ledger';
import type { MemoryStore } from '../../apps/coordinator/src/lifecycle/testing/memory.store';
import { LEASE_TTL_MS } from '../../apps/coordinator/src/lifecycle/testing/task.world';

/** What must hold of the rows, said independently of the code that is to make it hold. Each finding is a sentence. */
export class RowOracle {
  constructor(private readonly store: MemoryStore) {}

  private get isOver(): boolean {
    return isTerminal(TASK, this.store.task.state);
  }

  /** After every commit. */
  findings(): string[] {
    const steps = [...this.store.steps.values()];
    const { task } = this.store;
    const open = steps.filter(({ state }) => !hasEnded(state)).length;
    const counted = Object.fromEntries(
      [...Map.groupBy(steps, ({ state }) => state)].map(([state, those]) => [state, those.length]),
    );
    const parked = steps.filter(({ state }) => state === 'parked').length;
    const attention = task.conditions.find(({ type }) => type === 'NeedsAttention');
    return [
      ...said(task.openSteps !== open, `openSteps is ${task.openSteps}, but ${open} are open`),
      ...said(!isDeepStrictEqual(task.stepCounts, counted), `stepCounts is ${JSON.stringify(task.stepCounts)}`),
      ...said(task.stepsTotal !== steps.length, `stepsTotal is ${task.stepsTotal} of ${steps.length}`),
      ...said(
        (attention?.steps ?? 0) !== parked,
        `attention counts ${attention?.steps ?? 0}, but ${parked} are parked`,
      ),
      ...said((attention?.status ?? false) !== parked > 0, 'the condition does not say whether somebody is needed'),
      ...said(this.isOver && open > 0, 'the task ended with open steps'),
      ...said(
        task.fence !== (task.withdrawal === null ? 0 : 1),
        `the fence is ${task.fence} at withdrawal ${task.withdrawal}`,
      ),
      ...this.planFindings(steps),
      ...this.moneyFindings(),
      ...this.ledgerFindings(),
      ...steps.flatMap((step) => this.wakeFindings(step)),
      ...steps.flatMap((step) => (step.kind === 'agent' ? this.agentFindings(step) : [])),
    ];
  }

  private get retired(): ReadonlySet<number> {
    return new Set(this.store.plan.body.retired);
  }

  /** What has left the plan has ended, with nothing sent for it that still moves; and no operation has two steps. */
  private planFindings(steps: readonly StepRow[]): string[] {
    const { retired } = this;
    const ids = new Set(steps.map(({ operationId, kind, key }) => (kind === 'agent' ? key : operationId)));
    return [
      ...said(ids.size < steps.length, 'two steps share an operation'),
      ...steps.flatMap(({ key, planIndex, parentId, state }) =>
        said(parentId === null && retired.has(planIndex) && !hasEnded(state), `${key} has left the plan and goes on`),
      ),
    ];
  }

  /** An agent counts its open calls, pays for all of them, sends none that was refused, and repeats no effect. */
  private agentFindings(agent: StepRow): string[] {
    const calls = this.itemsOf(agent).filter(({ key }) => isCallKey(key));
    const open = calls.filter(({ state }) => !hasEnded(state)).length;
    const { operations } = this.store.ledger;
    const spent = (name: 'modelCalls' | 'toolCalls' | 'tokens') =>
      calls.reduce((sum, call) => sum + (call.spent[name] ?? 0), 0) !== (agent.spent[name] ?? 0);
    const effects = calls.flatMap(({ id, key, call }) => {
      const operation = operations.get(id);
      const isDone = operation?.state === 'succeeded' && operation.effect !== 'none' && operation.tool !== 'note';
      if (!isDone || call?.kind !== 'tool') return [];
      // Two steps of one sub-plan are two effects, whatever they say.
      const askedBy = call.subPlan ? `round ${call.round}, request ${call.subPlan.request}` : key;
      return [{ effect: `${call.name} ${call.hash}`, askedBy }];
    });
    const repeated = [...Map.groupBy(effects, ({ effect }) => effect).values()].filter(
      (same) => new Set(same.map(({ askedBy }) => askedBy)).size > 1,
    );
    return [
      ...said(hasEnded(agent.state) && open > 0, `${agent.key} ended before its calls`),
      ...said(agent.condition.kind === 'agent' && agent.waitingOn !== open, `${agent.key} miscounts its open calls`),
      ...said(
        spent('modelCalls') || spent('toolCalls') || spent('tokens'),
        `${agent.key} does not pay for what its calls spent`,
      ),
      ...said(repeated.length > 0, `${agent.key} had an effect take place twice`),
      ...calls
        .filter((call) => call.state === 'skipped' && operations.has(call.id))
        .map(({ key }) => `${key} was refused and sent`),
    ];
  }

  /** Reserved calls stay within the budget. A claim that crossed a refusal is counted behind it. */
  private moneyFindings(): string[] {
    const { toolCalls, budget } = this.store.task;
    const crossed = this.store.events.filter(({ data }) => data.includes('"claimed":true')).length;
    const isOver = budget.toolCalls !== undefined && toolCalls > Math.max(budget.toolCalls, this.firstCalls) + crossed;
    return said(isOver, `${toolCalls} calls exceed the budget`);
  }

  private ledgerFindings(): string[] {
    const operations = [...this.store.ledger.operations.values()];
    return operations.flatMap((operation) => {
      const { key, state, epoch } = this.row(operation.stepId);
      const isRefuted = this.store.verdicts.some(
        (one) => one.stepId === operation.stepId && one.round === epoch && !one.passed,
      );
      return [
        ...said(this.isOver && operation.state === 'sent', `the task ended while ${key} was sent`),
        ...said(
          state === 'succeeded' && operation.state !== 'succeeded',
          `${key} succeeded on an operation that is ${operation.state}`,
        ),
        ...said(state === 'failed' && operation.state === 'unknown', `${key} failed though nobody knows what it did`),
        ...said(state === 'succeeded' && isRefuted, `${key} succeeded against its verdict`),
      ];
    });
  }

  /** What was dispatched when the task was accepted: the rules of plans have held it to the budget before. */
  private get firstCalls(): number {
    return this.store.firstCalls;
  }

  /** Every open step is looked at in time, or stands behind something that is. */
  private wakeFindings(step: StepRow): string[] {
    const { condition, dueAt } = step;
    if (hasEnded(step.state) || dueAt !== null) return [];
    switch (condition.kind) {
      case 'window':
      case 'person':
        return [];
      case 'needs':
        return said(step.waitingOn === 0, `${step.key} waits for needs that are all met`);
      case 'after':
        return said(hasEnded(this.row(step.afterStep!).state), `${step.key} waits behind a step that has ended`);
      case 'items':
        return said(
          !this.itemsOf(step).some((item) => item.condition.kind !== 'slot' && !hasEnded(item.state)),
          `no item of ${step.key} moves`,
        );
      case 'agent':
        return said(
          !this.itemsOf(step).some((call) => !hasEnded(call.state)),
          `${step.key} waits for calls that have all ended`,
        );
      case 'slot':
        return said(hasEnded(this.row(step.parentId!).state), `${step.key} waits for a slot of a step that has ended`);
      default:
        return [`${step.key} is ${step.state} for '${condition.kind}' and never looked at`];
    }
  }

  /** Whenever it is asked, for it reads the whole history. */
  historyFindings(): string[] {
    const { events, steps } = this.store;
    const folded = foldEvents(events);
    const hole = findBreak(events);
    const told = (key: string) => folded.steps.get(key);
    return [
      ...said(hole !== undefined, `event ${hole?.seq}: ${hole?.reason}`),
      ...said(events.length !== this.store.task.eventSeq, 'the task does not know its last event'),
      ...said(folded.state !== this.store.task.state, `the history says the task is ${folded.state}`),
      ...said(folded.fence !== this.store.task.fence, `the history says the fence is ${folded.fence}`),
      ...said(folded.steps.size !== steps.size, `the history tells of ${folded.steps.size} steps`),
      ...[...steps.values()].flatMap(({ key, state, epoch }) =>
        said(
          told(key)?.state !== state || told(key)?.epoch !== epoch,
          `the history says ${key} is ${told(key)?.state} at ${told(key)?.epoch}, not ${state} at ${epoch}`,
        ),
      ),
    ];
  }

  /** A claim that was let through: were its needs met, and may its class be sent again? */
  claimFindings(step: StepRow, before: StoredOperation | undefined): string[] {
    const unmet = this.needsOf(step).filter((id) => !this.isMetFor(step, this.row(id)) && !this.hasAnswered(id));
    return [
      ...unmet.map((id) => `${step.key} was sent before ${this.row(id).key} met its end`),
      ...(before
        ? said(
            !this.mayResend(before),
            `${before.effect} ${step.key} was sent again while ${before.state} by ${before.resolver}`,
          ).concat(this.windowFindings(step, before))
        : []),
    ];
  }

  /** A resend of a keyed call in doubt: however late its dispatch is claimed, the tool must still know the key. */
  private windowFindings(step: StepRow, before: StoredOperation): string[] {
    if (before.effect !== 'keyed' || before.state !== 'unknown') return [];
    const end = before.firstSentAt + WINDOW_MS - LEASE_TTL_MS - TIMEOUT_MS;
    const lateMs = this.store.now - end;
    return said(lateMs > 0, `keyed ${step.key} was sent again ${lateMs} ms after its window`);
  }

  private mayResend(before: StoredOperation): boolean {
    if (before.state === 'unknown') return before.effect === 'none' || before.effect === 'keyed';
    if (before.state !== 'absent') return false;
    if (before.resolver === 'answer' || before.resolver === 'person') return true;
    if (before.effect === 'probed') return before.resolver === 'probe' && this.isProvenAbsent(before);
    return before.effect === 'transactional';
  }

  private isProvenAbsent(operation: StoredOperation): boolean {
    const { sendings, workers, probes } = this.store.ledger;
    if (operation.tool !== 'book') return false;
    const all = [operation, ...sendings.filter((sending) => sending.operationId === operation.id && !sending.late)];
    const ends = all.map(
      ({ endedAt, workerId }) => endedAt ?? workers.get(workerId)?.endedAt ?? Number.POSITIVE_INFINITY,
    );
    const provenFrom = Math.max(...ends) + ABSENT_AFTER_MS;
    return probes.some(
      (probe) => probe.operationId === operation.id && probe.finding === 'absent' && probe.beganAt >= provenFrom,
    );
  }

  /** Of a step of a sub-plan those among them that had ended before it was asked for. */
  private needsOf({ needs, call, parentId }: StepRow): string[] {
    const keys = new Set(call && call.kind !== 'model' ? Object.values(call.subPlan?.needs ?? {}) : []);
    if (keys.size === 0) return [...needs];
    const named = [...this.store.steps.values()].filter((row) => row.parentId === parentId && keys.has(row.key));
    return [...new Set([...needs, ...named.map(({ id }) => id)])];
  }

  /** A fallback waits for the failure of the step it stands in for. */
  private isMetFor(step: StepRow, need: StepRow): boolean {
    const standsIn = step.parentId === null && this.compiled(step).fallbackOf === need.planIndex;
    return standsIn ? need.state === 'failed' : this.isMet(need);
  }

  /** api.md: how a need is met. */
  private isMet(step: StepRow): boolean {
    const reason = step.condition.kind === 'none' ? step.condition.reason : undefined;
    if (step.state === 'succeeded') return true;
    // Below an agent nothing makes up for a failure.
    if (isCallKey(step.key)) return false;
    if (step.state === 'skipped') return reason === 'when' || reason === 'fallback_not_needed';
    if (step.state !== 'failed') return false;
    const { onFailure, fallback } = this.compiled(step);
    if (fallback === undefined) return onFailure === 'continue';
    const standIn = this.at(fallback);
    return standIn.state !== 'skipped' && this.isMet(standIn);
  }

  private hasAnswered(id: string): boolean {
    const operation = this.store.ledger.operations.get(id);
    return (
      operation?.state === 'succeeded' && operation.outputValid === true && !this.compiled(this.row(id)).needsVerdict
    );
  }

  /** A task that nobody withdrew ended as its steps say. */
  endFindings(): string[] {
    const { store } = this;
    const { task } = store;
    if (task.withdrawal !== null) return said(task.state === 'completed', 'a withdrawn task completed');
    const failed = [...store.steps.values()].filter(
      (step) =>
        step.parentId === null && step.state === 'failed' && !this.retired.has(step.planIndex) && !this.isMet(step),
    );
    const isRefuted = store.verdicts.some(
      ({ stepId, passed, round }) => stepId === null && !passed && round === task.planRevision,
    );
    const isBadOutput = task.failure?.exitReason === 'expression_error' && task.failure.stepId === undefined;
    const sent = this.sendings((kind) => kind !== 'model');
    const asked = this.sendings((kind) => kind === 'model');
    const expected = failed.length > 0 || isRefuted || isBadOutput ? 'failed' : 'completed';
    return [
      ...said(task.toolCalls !== sent, `${sent} calls were sent, but ${task.toolCalls} are accounted for`),
      ...said(task.modelCalls !== asked, `${asked} model calls were sent, but ${task.modelCalls} are accounted for`),
      ...said(task.state !== expected, `the task is ${task.state}, but its steps say ${expected}`),
      ...[...store.steps.values()].flatMap((step) => [...this.skipFindings(step), ...this.planningFindings(step)]),
    ];
  }

  private sendings(fits: (kind: StepRow['kind']) => boolean): number {
    const operations = [...this.store.ledger.operations.values()].filter(({ stepId }) => fits(this.row(stepId).kind));
    return operations.reduce((sum, { sending }) => sum + sending, 0);
  }

  private skipFindings(step: StepRow): string[] {
    if (step.state !== 'skipped' || step.condition.kind !== 'none' || step.condition.reason !== 'upstream_failed')
      return [];
    return said(
      this.needsOf(step).every((id) => this.isMetFor(step, this.row(id))),
      `${step.key} was skipped though all its needs were met`,
    );
  }

  /** A planner is asked only when everything has ended that there was, and not for ever. */
  private planningFindings({ key, planIndex, planRevision, parentId, startedAt }: StepRow): string[] {
    if (planIndex !== PLANNING_INDEX || parentId !== null || planRevision === PLANNING_REVISION) return [];
    const earlier = [...this.store.steps.values()].filter(
      (step) => step.planRevision <= planRevision && step.key !== key,
    );
    const open = earlier.filter(({ parentId, finishedAt }) => parentId === null && finishedAt! > startedAt!);
    return [
      ...said(planRevision >= GOAL_REVISIONS_MAX, `${key} would be plan ${planRevision + 1} of its goal`),
      ...said(open.length > 0, `${key} was begun before ${open[0]?.key} had ended`),
    ];
  }

  private row(id: string): StepRow {
    return this.store.steps.get(id)!;
  }

  private at(index: number): StepRow {
    return this.store.byKey(this.store.plan.steps[index]!.key);
  }

  private compiled(step: StepRow): CompiledStep {
    return stepAt(this.store.plan, step.planIndex);
  }

  private itemsOf(parent: StepRow): StepRow[] {
    return [...this.store.steps.values()].filter(({ parentId }) => parentId === parent.id);
  }
}

const said = (isWrong: boolean, sentence: string): string[] => (isWrong ? [sentence] : []);
