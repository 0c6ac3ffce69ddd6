import { deepStrictEqual } from 'node:assert';
import type { Advance, AdvanceAnswer } from '@muster/ledger';
import { accept } from '../../apps/coordinator/src/lifecycle/accept';
import { decide } from '../../apps/coordinator/src/lifecycle/decide';
import type { Decision, Input, Outcome } from '../../apps/coordinator/src/lifecycle/decision';
import type { Snapshot, VerdictRow } from '../../apps/coordinator/src/lifecycle/snapshot';
import type { Scope } from '../../apps/coordinator/src/lifecycle/snapshot.reader';
import { MemoryStore, scopeOf } from '../../apps/coordinator/src/lifecycle/testing/memory.store';
import { MemorySweep } from '../../apps/coordinator/src/lifecycle/testing/memory.sweep';
import { GRACE_MS, LEASE_TTL_MS } from '../../apps/coordinator/src/lifecycle/testing/task.world';
import { Draws } from './draws';
import { type Case, submissionOf } from './plans';
import type { RealStore } from './real-store';
import { shownOf, storedOf } from './twin-rows';

const START = Date.parse('2026-01-01T00:00:00Z');
const ROUNDS_MAX = 32;

/** Memory and Postgres do not agree: which statement showed it, and in what. */
export class Difference extends Error {
  override readonly name = 'Difference';
}

/** One task in memory and in Postgres. Every statement goes to both, and both must answer and look the same. */
export class Twin {
  readonly memory: MemoryStore;
  readonly sweep: MemorySweep;
  /** What was done so far, a line each. */
  readonly trace: string[] = [];
  /** What claims, settlements and commits were answered. */
  readonly answers: string[] = [];

  private readonly drawnFrom = new WeakMap<Decision, Snapshot>();

  private constructor(
    private readonly real: RealStore,
    private readonly draws: Draws,
    private readonly acceptance: ReturnType<typeof accept>,
  ) {
    this.memory = new MemoryStore(acceptance, START);
    this.sweep = new MemorySweep(this.memory, GRACE_MS);
  }

  static async begin(real: RealStore, one: Case, draws: Draws): Promise<Twin> {
    const room = Number.POSITIVE_INFINITY;
    const acceptance = accept(submissionOf(one, START), START, room, () => draws.uuid());
    const twin = new Twin(real, draws, acceptance);
    await real.begin(acceptance, START);
    await twin.agree('the submission');
    return twin;
  }

  get taskId(): string {
    return this.acceptance.task.id;
  }

  get now(): number {
    return this.memory.now;
  }

  async pass(ms: number): Promise<void> {
    this.memory.now += ms;
    this.trace.push(`${ms} ms pass`);
    await this.real.setClock(this.memory.now);
  }

  async advance(advance: Advance): Promise<AdvanceAnswer> {
    const answer = await this.both(
      `advance ${wordOf(advance)}`,
      () => this.memory.ledger.advance(advance, this.now),
      () => this.real.advance(advance),
    );
    if (answer.settled) this.answers.push(`settled: ${answer.settled}`);
    if (answer.claim) this.answers.push(`claim: ${answer.claim.result}`);
    return answer;
  }

  refuse(workerId: string, stepId: string, epoch: number, code: string, request?: Buffer): Promise<void> {
    const message = `Refused: ${code}.`;
    return this.both(
      `refuse ${code} at ${epoch}`,
      () => this.memory.refuse(stepId, epoch, code, message, request),
      () => this.real.refuse({ workerId, taskId: this.taskId, stepId, epoch, code, message, request }),
    );
  }

  async judge(verdict: VerdictRow & { round: number }): Promise<void> {
    await this.both(
      `verdict on ${verdict.stepId ? 'a step' : 'the task'} in round ${verdict.round}`,
      () => void this.memory.judge(verdict),
      () => this.real.judge(verdict, this.taskId),
    );
  }

  async probe(operationId: string, finding: 'happened' | 'absent' | 'inconclusive'): Promise<void> {
    const id = this.draws.uuid();
    const body = finding === 'happened' ? Buffer.from('1') : null;
    const { stepId } = this.memory.ledger.byId(operationId)!;
    const row = { id, tenantId: 'acme', taskId: this.taskId, stepId, operationId, kind: 'probe', finding } as const;
    await this.both(
      `probe: ${finding}`,
      () => void this.memory.ledger.probes.push({ id, operationId, beganAt: this.now, finding, body }),
      () =>
        this.real.addProbe({ ...row, beganAt: new Date(this.now).toISOString(), body: body ?? undefined, detail: {} }),
    );
  }

  // Decisions.

  /** Draws a decision from each store: it must be the same one. Undefined where there is nothing to decide. */
  async decide(inputs: readonly Input[]): Promise<Decision | undefined> {
    const ids = inputs.flatMap((input) => (input.kind === 'look' ? [input.stepId] : []));
    let scope = scopeOf(ids);
    let realScope = this.scopeOf(ids);
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const seed = this.draws.below(2 ** 31);
      const real = (await this.real.reader.read(realScope)).get(this.taskId)!;
      const recalled = (await this.real.remembering.read(realScope)).get(this.taskId)!;
      this.same('what is remembered', withoutDue(real), withoutDue(recalled));
      const outcome = decideFrom(this.memory.snapshot(scope), inputs, seed);
      this.same('a decision', outcome, decideFrom(real, inputs, seed));
      if (outcome.kind === 'unchanged') return undefined;
      if (outcome.kind === 'decided') {
        this.drawnFrom.set(outcome.decision, real);
        return outcome.decision;
      }
      scope = this.memory.expand(scope, outcome.wants);
      realScope = await this.real.reader.expand(realScope, new Map([[this.taskId, outcome.wants]]));
    }
    throw new Error(`A decision still lacked facts after ${ROUNDS_MAX} loads.`);
  }

  async commit(decision: Decision): Promise<boolean> {
    const won = await this.both(
      `commit ${decision.events.map(({ type }) => type).join(', ')}`,
      () => this.memory.commit(decision),
      () => this.real.commit(decision, this.drawnFrom.get(decision)!),
    );
    this.answers.push(won ? 'commit: won' : 'commit: lost');
    return won;
  }

  // Workers and sweeps.

  register(id: string): Promise<void> {
    return this.both(
      'a worker registers',
      () => this.memory.ledger.workers.register(id, this.now, LEASE_TTL_MS),
      () => this.real.register(id),
    );
  }

  renew(id: string): Promise<boolean> {
    return this.both(
      'a worker renews its lease',
      () => this.memory.ledger.workers.renew(id, this.now, LEASE_TTL_MS),
      () => this.real.renew(id),
    );
  }

  reportEnd(id: string): Promise<void> {
    return this.both(
      'the end of a worker is reported',
      () => this.memory.ledger.workers.reportEnd(id, this.now),
      () => this.real.reportEnd(id),
    );
  }

  setLock(id: string, holds: boolean): Promise<void> {
    return this.both(
      `a lock ${holds ? 'is back' : 'falls'}`,
      () => this.memory.ledger.workers.set(id, { holdsLock: holds }),
      () => this.real.setLock(id, holds),
    );
  }

  giveUpWorkers(): Promise<void> {
    return this.both(
      'workers that are gone are given up',
      () => this.sweep.giveUpWorkers(),
      () => this.real.giveUpWorkers(),
    );
  }

  /** What is to be looked at, by each of the sweeps. */
  async lookedFor(): Promise<readonly string[]> {
    const next = this.sweep.nextDue();
    const found = await this.both(
      'a sweep',
      () => ({
        lost: sorted(this.sweep.lost()),
        due: { steps: sorted(this.sweep.due().steps), task: this.sweep.due().task },
        backlog: sorted(this.sweep.backlog()),
        next: next === undefined ? undefined : next - this.now,
      }),
      async () => ({
        lost: sorted(await this.real.lost()),
        due: await this.real.due().then(({ steps, task }) => ({ steps: sorted(steps), task })),
        backlog: sorted(await this.real.backlog()),
        next: await this.real.nextDue(),
      }),
    );
    return sorted([...found.lost, ...found.due.steps, ...found.backlog]);
  }

  // Agreement.

  private async both<T>(what: string, inMemory: () => T, inPostgres: () => Promise<T>): Promise<T> {
    this.trace.push(what);
    const expected = settled(async () => inMemory());
    const [memory, real] = [await expected, await settled(inPostgres)];
    if ('refused' in memory) throw this.difference(what, `Memory refuses it: ${memory.refused}`);
    if ('refused' in real) throw this.difference(what, `Postgres refuses it: ${real.refused}`);
    this.same(what, memory.value, real.value);
    await this.agree(what);
    return memory.value;
  }

  /** All rows of the task, as a decision would see them and as they are. */
  private async agree(what: string): Promise<void> {
    const ids = [...this.memory.steps.keys()];
    const real = (await this.real.reader.read(this.scopeOf(ids))).get(this.taskId)!;
    this.same(`${what}: the rows`, shownOf(this.memory.snapshot(scopeOf(ids))), shownOf(real));
    this.same(`${what}: the rows as they are stored`, storedOf(this.memory), await this.real.rows());
  }

  private scopeOf(stepIds: readonly string[]): Scope {
    return { taskIds: [this.taskId], stepIds, outputs: [], items: [], agents: [] };
  }

  private same(what: string, memory: unknown, real: unknown): void {
    try {
      deepStrictEqual(plain(real), plain(memory));
    } catch (error) {
      throw this.difference(what, `Postgres (actual) and memory (expected) differ: ${String(error)}`);
    }
  }

  private difference(what: string, sentence: string): Difference {
    return new Difference(`${what}: ${sentence}\n${this.trace.slice(-TRACE_LINES).join('\n')}`);
  }
}

const TRACE_LINES = 30;

type Settled<T> = { readonly value: T } | { readonly refused: string };

async function settled<T>(work: () => Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

function decideFrom(snapshot: Snapshot, inputs: readonly Input[], seed: number): Outcome {
  const draws = new Draws(seed);
  const newId = () => draws.uuid();
  const room = Number.POSITIVE_INFINITY;
  return decide(snapshot, inputs, { room, leaseTtlMs: LEASE_TTL_MS, workerLostGraceMs: GRACE_MS, prices: {}, newId });
}

/** A sweep that hurries moves what is due, and no revision with it. */
function withoutDue(snapshot: Snapshot): object {
  const { task, steps } = snapshot;
  return shownOf({
    ...snapshot,
    task: { ...task, dueAt: null },
    steps: new Map([...steps].map(([id, step]) => [id, { ...step, dueAt: null }])),
  });
}

const sorted = (ids: readonly string[]): string[] => [...new Set(ids)].sort();

/** As JSON has it: without what is undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? 'null');

const wordOf = ({ settle, claim }: Advance): string =>
  [settle && `settles sending ${settle.sending} as ${settle.state}`, claim && `claims at ${claim.epoch}`]
    .filter(Boolean)
    .join(', ');
