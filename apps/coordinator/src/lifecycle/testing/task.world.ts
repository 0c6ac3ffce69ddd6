import {
  bootstrapPlan,
  type CompiledPlan,
  catalogueOf,
  compilePlan,
  hasEnded,
  isTerminal,
  type JsonObject,
  type JsonValue,
  newUuid,
  type PlanDocument,
  type ResolvedAgent,
  type StepDocument,
  sha256Hex,
  TASK,
} from '@muster/domain';
import type { ClaimResult, Settlement } from '@muster/ledger';
import { accept } from '../accept';
import { decide } from '../decide';
import type { Decision, Input, Reply, Ring } from '../decision';
import type { Submission } from '../lifecycle.port';
import type { StepRow, Surroundings } from '../snapshot';
import { CONTRACTS } from './contracts';
import type { StoredOperation } from './memory.ledger';
import { MemoryStore, scopeOf } from './memory.store';
import { MemorySweep } from './memory.sweep';

/** Of the model that agents of the tests have: a dollar for a million tokens, whichever way they go. */
const PRICES = { 'test-model': { inputPerMillion: 1, outputPerMillion: 1 } } as const;

export const LEASE_TTL_MS = 3_000;
export const GRACE_MS = 1_000;
const START = Date.parse('2026-01-01T00:00:00Z');
/** As many loads as the real loop takes for one decision. */
const ROUNDS_MAX = 32;

export interface WorldOptions {
  readonly input?: JsonValue;
  readonly completion?: readonly string[];
  readonly budget?: JsonObject;
  readonly deadlineMs?: number;
  readonly room?: number;
  readonly agents?: readonly ResolvedAgent[];
  readonly grants?: readonly string[];
  readonly autonomy?: Submission['autonomy'];
}

export const aStep = (id: string, changes: Partial<StepDocument> = {}): StepDocument => ({
  id,
  tool: 'read',
  ...changes,
});

/** What one sending came to. Left out: a schema-valid success with output null. */
export interface Answer {
  readonly state?: 'succeeded' | 'failed' | 'unknown' | 'absent';
  readonly outputValid?: boolean;
  readonly output?: JsonValue;
  readonly code?: string;
  readonly retryAfterMs?: number;
}

/** A task with everything around it: its rows, its executors' claims and answers, the verifier, time, and the decisions. */
export class TaskWorld {
  readonly store: MemoryStore;
  /** Everybody who was to be woken, in order. */
  readonly rings: Ring[] = [];
  readonly decisions: Decision[] = [];
  room: number;
  /** Called between load and commit: whatever it does, another coordinator or an executor has done. */
  interfere: () => void = () => undefined;

  /** A plan, its steps, or a goal that a model is to make a plan of. */
  constructor(what: PlanDocument | readonly StepDocument[] | { readonly goal: string }, options: WorldOptions = {}) {
    this.room = options.room ?? Number.POSITIVE_INFINITY;
    const acceptance = accept(submissionOf(what, options), START, this.room);
    this.store = new MemoryStore(acceptance, START);
    this.rings.push(...acceptance.rings);
    this.worker('w1');
  }

  get task() {
    return this.store.task;
  }

  get now(): number {
    return this.store.now;
  }

  get isOver(): boolean {
    return isTerminal(TASK, this.task.state);
  }

  step(key: string): StepRow {
    return this.store.byKey(key);
  }

  /** State by key, of these steps or of all. */
  states(...keys: string[]): Record<string, string> {
    const steps = [...this.store.steps.values()].filter(({ key }) => keys.length === 0 || keys.includes(key));
    return Object.fromEntries(steps.map(({ key, state }) => [key, state]));
  }

  operation(key: string): StoredOperation | undefined {
    return this.store.ledger.operations.get(this.step(key).id);
  }

  get attention() {
    return this.task.conditions.find(({ type }) => type === 'NeedsAttention');
  }

  // What is asked of the coordinator.

  look(...keys: string[]): void {
    this.decide(keys.map((key) => ({ kind: 'look', stepId: this.step(key).id })));
  }

  lookTask(): void {
    this.decide([{ kind: 'look-task' }]);
  }

  cancel(expectedRevision?: number): Reply {
    return this.decide([{ kind: 'cancel', reason: 'no longer wanted', expectedRevision }])[0]!;
  }

  resolve(key: string, outcome: 'happened' | 'absent', output: JsonValue = null): Reply {
    const bytes = Buffer.from(JSON.stringify(output));
    const resolution = {
      operationId: this.step(key).operationId,
      stepId: this.step(key).id,
      outcome,
      output: bytes,
      outputHash: sha256Hex(bytes),
      evidence: '{}',
      reason: 'seen in the books',
      evidenceId: newUuid(),
    };
    return this.decide([{ kind: 'resolve', resolution }])[0]!;
  }

  /** Everything that is past due, calls whose worker is gone, parked steps of which more is known, and the backlog. */
  sweep(): void {
    const sweep = new MemorySweep(this.store, GRACE_MS);
    const due = sweep.due();
    this.decide([
      ...[...due.steps, ...sweep.lost(), ...sweep.backlog()].map((stepId): Input => ({ kind: 'look', stepId })),
      ...(due.task ? [{ kind: 'look-task' } as const] : []),
    ]);
  }

  /** Time passes; live workers keep their lease. */
  advance(ms: number): void {
    this.store.now += ms;
    for (const worker of this.store.ledger.workers.values()) if (this.isAlive(worker.id)) this.worker(worker.id);
  }

  /** The next moment at which a row wants to be looked at; undefined where nothing waits for time. A withdrawn task is looked at as a whole. */
  nextDue(): number | undefined {
    const steps = this.task.withdrawal ? [] : [...this.store.steps.values()];
    const open = steps.filter(({ state }) => !hasEnded(state));
    const due = [...open, this.task].flatMap(({ dueAt }) => dueAt ?? []);
    return due.length === 0 ? undefined : due.reduce((a, b) => Math.min(a, b));
  }

  // What executors do.

  worker(id: string): void {
    this.store.ledger.workers.register(id, this.now, 10 * LEASE_TTL_MS);
  }

  /** `ended`: somebody saw its end. `fallen`: its lock fell. `expired`: its lease ran out. */
  loseWorker(id: string, how: 'ended' | 'fallen' | 'expired'): void {
    const fate = {
      ended: { endedAt: this.now },
      fallen: { lockMissedAt: this.now - GRACE_MS },
      expired: { leasedUntil: this.now - 1 },
    }[how];
    this.store.ledger.workers.set(id, { state: 'dead', ...fate });
  }

  isAlive(id: string): boolean {
    return this.store.ledger.workers.get(id)?.state !== 'dead';
  }

  claim(key: string, workerId = 'w1', epoch = this.step(key).epoch): ClaimResult {
    const { id: stepId, operationId, kind, tool, contractHash } = this.step(key);
    const effect = kind === 'model' ? 'none' : CONTRACTS.get(tool)!.effect;
    const claim = { stepId, epoch, operationId, contractHash, effect, request: REQUEST, resendWithinMs: null };
    return this.store.ledger.advance({ workerId, claim }, this.now).claim!.result;
  }

  settle(key: string, answer: Answer = {}, sending = this.operation(key)!.sending): void {
    const { operationId } = this.step(key);
    const settle = settlementOf(operationId, sending, answer);
    this.store.ledger.advance({ workerId: this.operation(key)!.workerId, settle }, this.now);
  }

  refuse(key: string, code: string): void {
    const { id, epoch } = this.step(key);
    this.store.refuse(id, epoch, code, `Refused: ${code}.`);
  }

  /** Claimed, called, settled, rung. */
  answer(key: string, answer: Answer = {}): void {
    const claimed = this.claim(key);
    if (claimed !== 'claimed') throw new Error(`The claim of '${key}' was answered '${claimed}'.`);
    this.settle(key, answer);
    this.look(key);
  }

  /** The call is sent, and its worker is gone before it settles. */
  lose(key: string, how: 'ended' | 'fallen' | 'expired', workerId = newUuid()): void {
    this.worker(workerId);
    const claimed = this.claim(key, workerId);
    if (claimed !== 'claimed') throw new Error(`The claim of '${key}' was answered '${claimed}'.`);
    this.loseWorker(workerId, how);
    this.look(key);
  }

  // What the verifier does.

  verdict(key: string, passed: boolean): void {
    const { id, epoch } = this.step(key);
    this.addVerdict(id, epoch, passed);
    this.look(key);
  }

  taskVerdict(passed: boolean): void {
    this.addVerdict(null, this.task.planRevision, passed);
    this.lookTask();
  }

  private addVerdict(stepId: string | null, round: number, passed: boolean): void {
    const code = passed ? 'ok' : 'check_failed';
    this.store.judge({ id: newUuid(), stepId, round, passed, code, message: `The verifier says ${code}.` });
  }

  probe(key: string, finding: 'happened' | 'absent' | 'inconclusive'): void {
    this.addProbe(this.step(key).operationId, finding);
    this.look(key);
  }

  addProbe(operationId: string, finding: 'happened' | 'absent' | 'inconclusive'): void {
    const body = finding === 'happened' ? Buffer.from('null') : null;
    this.store.ledger.probes.push({ id: newUuid(), operationId, beganAt: this.now, finding, body });
  }

  /** Load, decide, load what was missing, commit; lost to somebody else, everything once more. */
  decide(inputs: readonly Input[]): readonly Reply[] {
    const order = (input: Input) =>
      input.kind === 'look' ? this.store.steps.get(input.stepId)!.planIndex : Number.MAX_SAFE_INTEGER;
    const queue = [[...inputs].sort((a, b) => order(a) - order(b))];
    const replies: Reply[] = [];
    for (let batch = queue.shift(); batch; batch = queue.shift()) {
      if (batch.length === 0) continue;
      const outcome = this.decideOnce(batch);
      if (outcome === 'lost') queue.unshift(batch);
      else {
        replies.push(...outcome.replies);
        queue.push(...outcome.followUps.map((input) => [input]));
      }
    }
    return replies;
  }

  private decideOnce(inputs: readonly Input[]): 'lost' | { replies: readonly Reply[]; followUps: readonly Input[] } {
    let scope = scopeOf(inputs.flatMap((input) => (input.kind === 'look' ? [input.stepId] : [])));
    for (let round = 1; round <= ROUNDS_MAX; round++) {
      const outcome = decide(this.store.snapshot(scope), inputs, this.surroundings);
      if (outcome.kind === 'unchanged') return { replies: outcome.replies, followUps: [] };
      if (outcome.kind === 'decided') {
        this.interfere();
        return this.commit(outcome.decision) ? outcome.decision : 'lost';
      }
      scope = this.store.expand(scope, outcome.wants);
    }
    throw new Error(`A decision still lacked facts after ${ROUNDS_MAX} loads.`);
  }

  private commit(decision: Decision): boolean {
    if (!this.store.commit(decision)) return false;
    this.rings.push(...decision.rings);
    this.decisions.push(decision);
    return true;
  }

  private get surroundings(): Surroundings {
    return { room: this.room, leaseTtlMs: LEASE_TTL_MS, workerLostGraceMs: GRACE_MS, prices: PRICES, newId: newUuid };
  }
}

const REQUEST = Buffer.from('{}');

function settlementOf(operationId: string, sending: number, answer: Answer): Settlement {
  const { state = 'succeeded', output = null, outputValid = true, code = state, retryAfterMs } = answer;
  return {
    operationId,
    sending,
    state,
    response: Buffer.from(JSON.stringify(output)),
    outputValid: state === 'succeeded' ? outputValid : null,
    code,
    message: `It answered ${state}.`,
    retryAfterMs,
  };
}

function planFor(what: ConstructorParameters<typeof TaskWorld>[0], options: WorldOptions): CompiledPlan {
  const agents = new Map((options.agents ?? []).map((agent) => [agent.name, agent]));
  if ('goal' in what) {
    const catalogue = catalogueOf({ tools: CONTRACTS, agents }, options.grants ?? []);
    return bootstrapPlan({ catalogue, model: 'test-model' });
  }
  const document = 'steps' in what ? what : { steps: what };
  const verdict = compilePlan(document, CONTRACTS, { agents, grants: options.grants });
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problems));
  return verdict.plan;
}

function submissionOf(what: ConstructorParameters<typeof TaskWorld>[0], options: WorldOptions): Submission {
  return {
    tenantId: 'acme',
    bodyHash: 'body',
    plan: planFor(what, options),
    ...('goal' in what && { goal: what.goal }),
    input: options.input ?? null,
    completion: options.completion ?? [],
    invariants: [],
    grants: [],
    budget: options.budget ?? {},
    autonomy: options.autonomy ?? 'workflow',
    priority: 5,
    labels: {},
    ...(options.deadlineMs === undefined ? {} : { deadlineAt: new Date(START + options.deadlineMs) }),
  };
}
