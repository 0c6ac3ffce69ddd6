import type { StepAtEpoch } from '@muster/contracts';
import { type Scope, stepAt } from '@muster/domain';
import type { Advance, AdvanceAnswer, ToolAnswer } from '@muster/ledger';
import { LEASE_TTL_MS } from '../../apps/coordinator/src/lifecycle/testing/task.world';
import { agentCallOf, contextOf, isModelCall, type LoopRow } from '../../apps/executor/src/agents/context.loader';
import { type CallRow, siblingsOf } from '../../apps/executor/src/agents/sub-plan-input';
import type { Place } from '../../apps/executor/src/room';
import { type Ask, type Asking, type Pulse, Run } from '../../apps/executor/src/run';
import { toolCallOf } from '../../apps/executor/src/settlement';
import {
  type CallFacts,
  calledToolOf,
  openPart,
  type PreparedRow,
  type RunWork,
  workOf,
} from '../../apps/executor/src/work';
import { ActiveSteps } from '../../libs/ledger/src/active-steps';
import type { Oracle } from './oracle';
import type { Actor } from './stage';
import type { PhysicalCall } from './tool-site';
import type { World } from './world';

type AskOf<K extends Ask['kind']> = Extract<Ask, { kind: K }>;

/** A run under way: the product's own protocol, and where it stands. */
interface Going {
  readonly steps: readonly StepAtEpoch[];
  readonly asking: Asking<void>;
  readonly notes: string[];
  isTelling: boolean;
}

const TELL_AFTER_MS = 250;
const CLAIMABLE_POLL_MS = 400;
const PLACE = {} as Place;
const NO_CALL = { key: null, item: null, state: '', failure: null, operation_id: null, response: null };

/** What a fault of ours or a row that others hold for too long comes to: the statement is given back. */
class GivenBack extends Error {}

/** An executor's process: it carries out runs by the product's protocol, one ask at a time. */
export class SimExecutor implements Actor {
  isAlive = true;
  isPaused = false;
  private readonly active = new ActiveSteps();
  private readonly calls = new Map<PhysicalCall, (answer: ToolAnswer) => void>();
  private readonly pulse: Pulse;
  private renewedAt: number;
  private holdsLock = true;
  readonly workerIds: string[] = [];

  constructor(
    private readonly world: World,
    private readonly oracle: Oracle,
    readonly name: string,
  ) {
    this.renewedAt = world.now;
    this.register();
    const canSend = (): boolean => this.holdsLock && world.now - this.renewedAt < LEASE_TTL_MS / 2;
    this.pulse = {
      leaseTtlMs: LEASE_TTL_MS,
      canSend,
      canClaim: canSend,
      monotonicMs: () => world.now,
      now: () => new Date(world.now),
    };
  }

  get workerId(): string {
    return this.workerIds.at(-1)!;
  }

  // The process and its lease.

  private register(): void {
    this.workerIds.push(this.world.draws.uuid());
    this.world.store.ledger.workers.register(this.workerId, this.world.now, LEASE_TTL_MS);
    this.renewedAt = this.world.now;
  }

  /** A heartbeat, and the look for withdrawn tasks that goes with it here. */
  beat(): void {
    if (this.world.strikes('beatLost')) return;
    const { ledger, task } = this.world.store;
    if (!this.holdsLock) this.setLock(true);
    if (ledger.workers.renew(this.workerId, this.world.now, LEASE_TTL_MS)) this.renewedAt = this.world.now;
    else {
      this.register();
      this.world.stage.say(this.name, () => 'was given up, and goes on as another worker');
    }
    if (task.withdrawal !== null) for (const answer of [...this.calls.values()]) answer(ABORTED);
  }

  cutLock(): void {
    this.world.stage.say(this.name, () => 'loses the connection of its lock');
    this.setLock(false);
  }

  private setLock(holds: boolean): void {
    this.holdsLock = holds;
    this.world.store.ledger.workers.set(this.workerId, { holdsLock: holds });
  }

  /** Its sockets close with it, and its lock falls. Whether anybody saw its end is another matter. */
  die(isSeen: boolean): void {
    this.isAlive = false;
    this.setLock(false);
    for (const call of this.world.site.calls) if (call.sender === this) this.world.site.close(call);
    this.world.stage.say(this.name, () => (isSeen ? 'dies, and its parent sees it' : 'dies, and nobody sees it'));
    if (isSeen) this.reportEnd();
  }

  reportEnd(): void {
    for (const id of this.workerIds) this.world.store.ledger.workers.reportEnd(id, this.world.now);
  }

  // Its runs.

  take(run: readonly StepAtEpoch[]): void {
    const steps = this.active.take(run);
    this.world.stage.say(
      this.name,
      () => `is woken for ${run.map(({ id, epoch }) => `${this.world.keyOf(id)}@${epoch}`).join(', ')}`,
    );
    if (steps.length > 0) this.load(steps);
  }

  private load(steps: readonly StepAtEpoch[]): void {
    const read = () => this.prepare(steps);
    this.world.statement(
      this,
      'load',
      read,
      (work) => this.begin(steps, work),
      () => this.load(steps),
    );
  }

  private prepare(steps: readonly StepAtEpoch[]): RunWork | undefined {
    const { store } = this.world;
    const rows = new Map(steps.flatMap(({ id }) => this.rowOf(id)));
    const open = openPart(steps, rows);
    if (open.length === 0) return undefined;
    const known = { plan: store.plan, contracts: store.contracts };
    const own = new Set(open.map((row) => row.plan_index));
    const reads = open
      .flatMap((row) => stepAt(store.plan, row.plan_index).inputReads)
      .filter((index) => !own.has(index));
    const outputs = reads.map((index) => [store.plan.steps[index]!.key, store.outputAt(index)]);
    const scope = { input: store.task.input, steps: Object.fromEntries(outputs) } as unknown as Scope;
    const facts = open.map((row) => (isModelCall(row) ? this.contextOf(row) : this.siblingsOf(calledToolOf(row)[0])));
    return { steps: open.map((row, n) => workOf(row, known, facts[n])), scope };
  }

  private contextOf(row: PreparedRow): CallFacts {
    const { plan, contracts } = this.world.store;
    const loop = this.loopOf(row);
    const { siblings } = this.siblingsOf(agentCallOf(loop[0]!)[0]);
    return { context: contextOf(row, loop, { plan, contracts }, siblings) };
  }

  /** What the product's own query would read. */
  private siblingsOf(one: CallRow | undefined): CallFacts {
    if (!one?.call.subPlan) return {};
    const { steps, ledger } = this.world.store;
    const needed = new Set(Object.values(one.call.subPlan.needs));
    const { parentId } = steps.get(one.stepId)!;
    const rows = [...steps.values()].flatMap(({ key, kind, parentId: agentId, state, operationId }) => {
      const operation = ledger.byId(operationId);
      const isNeeded = agentId === parentId && needed.has(key) && state === 'succeeded';
      return isNeeded && operation?.state === 'succeeded' ? [{ key, kind, response: operation.response! }] : [];
    });
    return { siblings: siblingsOf(one.call, rows) };
  }

  /** What the product's own query would read. */
  private loopOf({ parent_id: agentId, item_index: before }: PreparedRow): LoopRow[] {
    const { steps, items, ledger } = this.world.store;
    const agent = steps.get(agentId!)!;
    const named = { agent_id: agent.id, agent_key: agent.key, agent_item: items.get(agent.id) ?? null };
    const calls = [...steps.values()].filter((step) => step.parentId === agentId && step.itemIndex! < before!);
    calls.sort((a, b) => a.itemIndex! - b.itemIndex!);
    if (calls.length === 0) return [{ ...named, ...NO_CALL }];
    return calls.map(({ id, key, state, failure, operationId }) => {
      const operation = ledger.byId(operationId);
      return {
        ...named,
        ...{ key, state, item: items.get(id)!, failure: failure && JSON.stringify(failure) },
        operation_id: operation?.id ?? null,
        response: operation?.state === 'succeeded' ? operation.response : null,
      };
    });
  }

  private rowOf(id: string): [string, PreparedRow][] {
    const { steps, task, items, ledger } = this.world.store;
    const step = steps.get(id);
    if (!step) return [];
    const row: PreparedRow = {
      step_id: id,
      task_id: task.id,
      tenant_id: task.tenantId,
      key: step.key,
      parent_id: step.parentId,
      item_index: step.itemIndex,
      plan_index: step.planIndex,
      item: items.get(id) ?? null,
      state: step.state,
      epoch: step.epoch,
      operation_id: step.operationId,
      contract_hash: step.contractHash,
      plan_hash: task.planHash,
      deadline_at: task.deadlineAt === null ? null : new Date(task.deadlineAt),
      withdrawal: task.withdrawal,
      request: ledger.operations.get(id)?.request ?? null,
      operation_state: ledger.operations.get(id)?.state ?? null,
    };
    return [[id, row]];
  }

  private begin(steps: readonly StepAtEpoch[], work: RunWork | undefined): void {
    if (!work) return this.active.end(steps);
    const going: Going = { steps, asking: new Run(work, this.pulse).go(), notes: [], isTelling: false };
    this.go(going, () => going.asking.next());
  }

  /** Lets the protocol go on to what it asks for next. */
  private go(going: Going, next: () => IteratorResult<Ask, void>): void {
    const turn = this.oracle.watchProtocol(next, (error) => error instanceof GivenBack);
    if (!turn) this.active.leave(going.steps);
    else if (turn.done) this.active.end(going.steps);
    else this.answer(going, turn.value);
  }

  private reply(going: Going, value: unknown): void {
    this.go(going, () => going.asking.next(value));
  }

  private answer(going: Going, ask: Ask): void {
    switch (ask.kind) {
      case 'until-claimable':
        return this.awaitClaimable(going, this.world.now + LEASE_TTL_MS);
      case 'enter':
        return this.reply(going, this.admission(ask));
      case 'leave':
        return this.reply(going, undefined);
      case 'advance':
        return this.advance(going, ask);
      case 'call':
        return this.call(going, ask);
      case 'refuse':
        return this.refuse(going, ask);
      case 'note':
        going.notes.push(ask.stepId);
        if (!going.isTelling) this.world.stage.later(TELL_AFTER_MS, this, () => this.tell(going));
        going.isTelling = true;
        return this.reply(going, undefined);
      case 'tell':
        this.tell(going);
        return this.reply(going, undefined);
    }
  }

  private awaitClaimable(going: Going, until: number): void {
    if (this.pulse.canClaim()) return this.reply(going, true);
    if (this.world.now > until) return this.reply(going, false);
    this.world.stage.later(CLAIMABLE_POLL_MS, this, () => this.awaitClaimable(going, until));
  }

  private admission({ work, waits }: AskOf<'enter'>) {
    if (!waits && this.world.strikes('roomFull')) return { kind: 'full' };
    if (!this.world.strikes('breakerOpen')) return { kind: 'place', place: PLACE };
    this.world.stage.say(this.name, () => `finds the breaker of ${work.contract.name} open`);
    return { kind: 'open' };
  }

  private advance(going: Going, { work, settle, claim }: AskOf<'advance'>): void {
    const advance = { workerId: this.workerId, settle, claim };
    if (claim) this.oracle.notesClaim(work, this, this.world.now);
    if (this.world.strikes('contended')) {
      this.world.stage.say(this.name, () => `is given back its statement for ${work.key}: others hold the rows`);
      return this.world.stage.soon(this, () => this.go(going, () => going.asking.throw(new GivenBack())));
    }
    this.send(going, work.key, advance);
  }

  private send(going: Going, key: string, advance: Advance): void {
    this.world.statement<AdvanceAnswer>(
      this,
      'advance',
      () => this.oracle.watchAdvance(advance, this),
      (answer) => {
        this.world.stage.say(this.name, () => `hears of ${key}: ${wordOf(answer)}`);
        this.reply(going, answer);
      },
      () => this.send(going, key, advance),
    );
  }

  private refuse(going: Going, { work, code, message, request }: AskOf<'refuse'>): void {
    this.world.statement(
      this,
      'refuse',
      () => {
        this.world.store.refuse(work.stepId, work.epoch, code, message, request);
        this.world.stage.say('database', () => `notes that ${work.key}@${work.epoch} was refused: ${code}`);
      },
      () => this.reply(going, undefined),
      () => this.refuse(going, { kind: 'refuse', work, code, message, request }),
    );
  }

  private tell(going: Going): void {
    going.isTelling = false;
    if (going.notes.length > 0) this.world.bell.ring({ to: 'coordinator', steps: going.notes.splice(0), task: false });
  }

  // Its calls.

  private call(going: Going, { work, request, sending, mayLeave }: AskOf<'call'>): void {
    const { stage, site } = this.world;
    this.active.noteSent(work);
    const call = this.oracle.watchCall(work, sending, this);
    stage.soon(this, () => {
      call.isBelated = this.world.now - call.claimedAt >= LEASE_TTL_MS / 2;
      const timer = stage.later(work.step.timeoutMs, this, () => answer(TIMED_OUT));
      const answer = (result: ToolAnswer): void => {
        if (!this.calls.delete(call)) return;
        stage.cancel(timer);
        site.close(call);
        stage.say(this.name, () => `has ${wordOfAnswer(result)} for sending ${sending} of ${work.key}`);
        this.reply(going, result);
      };
      this.calls.set(call, answer);
      const given = { ...GIVEN, timeoutMs: work.step.timeoutMs, mayLeave };
      stage.say(this.name, () => `writes sending ${sending} of ${work.key}`);
      site.receive(call, toolCallOf(work, request, sending, given), (result) => stage.soon(this, () => answer(result)));
    });
  }
}

const GIVEN = {
  deadline: new Date(0),
  signal: new AbortController().signal,
  traceparent: '',
  holdUntil: (): void => undefined,
};
const TIMED_OUT: ToolAnswer = { kind: 'no-answer', code: 'timeout', message: 'Time is up.' };
const ABORTED: ToolAnswer = { kind: 'no-answer', code: 'aborted', message: 'Withdrawn.' };

const wordOf = ({ settled, claim }: AdvanceAnswer): string =>
  [settled && `settled as ${settled}`, claim && `claim: ${claim.result}, sending ${claim.sending}`]
    .filter(Boolean)
    .join(', ');

const wordOfAnswer = (answer: ToolAnswer): string =>
  answer.kind === 'answered' ? `an answer ${answer.status}` : 'code' in answer ? answer.code : answer.kind;
