import { sha256Hex } from '@muster/domain';
import type { Claim, Settlement } from '@muster/ledger';
import type { Decision, Input } from '../../apps/coordinator/src/lifecycle/decision';
import type { StepRow } from '../../apps/coordinator/src/lifecycle/snapshot';
import { CONTRACTS_BY_HASH } from '../../apps/coordinator/src/lifecycle/testing/contracts';
import type { StoredOperation } from '../../apps/coordinator/src/lifecycle/testing/memory.ledger';
import { Draws } from './draws';
import { drawCase, drawRevision } from './plans';
import { claimOf } from './plays';
import { type RealStore, SOMEBODY } from './real-store';
import { Twin } from './twin';

const STATEMENTS = 40;
const WORKERS = 3;
const WAITS_MS = [1, 100, 1_000, 3_001, 8_000, 30_000, 70_000] as const;
const OUTPUTS = ['1', '2', 'null', '"bad"'] as const;
const ACTS = {
  claim: 14,
  settle: 10,
  run: 6,
  look: 20,
  stale: 3,
  sweep: 6,
  worker: 6,
  time: 8,
  verify: 5,
  probe: 4,
  person: 3,
  refuse: 2,
  revise: 0.8,
  cancel: 0.5,
};

/**
 * Statements as they may come in any order, many of them too late, too early or for nothing. Answers what they were
 * answered.
 */
export async function walk(real: RealStore, seed: number): Promise<readonly string[]> {
  const draws = new Draws(seed);
  const twin = await Twin.begin(real, drawCase(draws), draws);
  const walker = new Walker(twin, draws);
  await walker.begin();
  for (let count = 0; count < STATEMENTS; count++) await walker.act();
  return twin.answers;
}

class Walker {
  private readonly workers: string[] = [];
  /** Drawn and not yet committed. */
  private held: Decision | undefined;

  constructor(
    private readonly twin: Twin,
    private readonly draws: Draws,
  ) {}

  async begin(): Promise<void> {
    for (let count = 0; count < WORKERS; count++) await this.register();
  }

  act(): Promise<unknown> {
    switch (this.draws.weighted(ACTS)) {
      case 'claim':
        return this.twin.advance({ workerId: this.worker(), claim: this.claimOf(this.step()) });
      case 'settle':
        return this.settle();
      case 'run':
        return this.goOn();
      case 'look':
        return this.look(this.looks());
      case 'stale':
        return this.hold();
      case 'sweep':
        return this.sweep();
      case 'worker':
        return this.workerLives();
      case 'time':
        return this.twin.pass(this.draws.pick(WAITS_MS));
      case 'verify':
        return this.verify();
      case 'probe':
        return this.probe();
      case 'person':
        return this.resolve();
      case 'refuse':
        return this.refuse();
      case 'revise':
        return this.revise();
      case 'cancel':
        return this.look([{ kind: 'cancel', reason: 'no longer wanted' }]);
    }
  }

  // The executor's statements.

  /** Mostly as an executor that was woken for it would claim; else of another epoch, contract or request. */
  private claimOf(step: StepRow): Claim {
    const usual = claimOf(step);
    const epoch = Math.max(0, usual.epoch + this.draws.pick([0, 0, 0, 0, 0, 0, 0, -1, 1]));
    if (!this.draws.chance(0.1)) return { ...usual, epoch };
    if (this.draws.chance(0.5)) return { ...usual, epoch, request: Buffer.from('{"other":1}') };
    const [other] = [...CONTRACTS_BY_HASH.keys()].filter((hash) => hash !== usual.contractHash);
    return { ...usual, epoch, contractHash: other! };
  }

  private async settle(): Promise<void> {
    const operation = this.operation();
    if (!operation) return;
    const state = this.draws.pick(['succeeded', 'succeeded', 'failed', 'unknown', 'unknown', 'absent'] as const);
    await this.twin.advance({ workerId: operation.workerId, settle: this.settlementOf(operation, state) });
  }

  private settlementOf(operation: StoredOperation, state: Settlement['state']): Settlement {
    const isSuccess = state === 'succeeded';
    const output = this.draws.pick(OUTPUTS);
    return {
      operationId: operation.id,
      sending: Math.max(1, operation.sending - this.draws.pick([0, 0, 0, 0, 1])),
      state,
      response: isSuccess || this.draws.chance(0.5) ? Buffer.from(output) : null,
      outputValid: isSuccess ? output !== '"bad"' : null,
      code: isSuccess ? 'ok' : `was_${state}`,
      message: `It answered ${state}.`,
      ...(this.draws.chance(0.2) ? { retryAfterMs: 1_500 } : {}),
    };
  }

  /** As a run goes on: settles one step and claims the next in one statement. */
  private async goOn(): Promise<void> {
    const { steps, ledger } = this.twin.memory;
    const behind = [...steps.values()].filter(({ afterStep }) => afterStep && ledger.operations.has(afterStep));
    if (behind.length === 0) return;
    const next = this.draws.pick(behind);
    const operation = ledger.operations.get(next.afterStep!)!;
    const state = this.draws.pick(['succeeded', 'succeeded', 'succeeded', 'unknown'] as const);
    const settle = this.settlementOf(operation, state);
    await this.twin.advance({ workerId: operation.workerId, settle, claim: this.claimOf(next) });
  }

  private refuse(): Promise<void> {
    const step = this.step();
    const { id, epoch, permit } = step;
    if (!permit) return this.twin.refuse(this.worker(), id, epoch, this.draws.pick(['breaker_open', 'not_granted']));
    return this.twin.refuse(this.worker(), id, epoch, 'permit_required', this.claimOf(step).request);
  }

  // The coordinator's.

  private looks(): Input[] {
    const { steps } = this.twin.memory;
    const some = [...steps.values()].filter(() => this.draws.chance(0.5));
    const ordered = some.toSorted((a, b) => a.planIndex - b.planIndex || (a.itemIndex ?? 0) - (b.itemIndex ?? 0));
    const looks = ordered.map(({ id }): Input => ({ kind: 'look', stepId: id }));
    return this.draws.chance(0.2) ? [...looks, { kind: 'look-task' }] : looks;
  }

  private async look(inputs: readonly Input[]): Promise<void> {
    const decision = await this.twin.decide(inputs);
    if (decision) await this.twin.commit(decision);
    if (decision) for (const input of decision.followUps) await this.look([input]);
  }

  /** A decision that is committed only when something else has happened. */
  private async hold(): Promise<void> {
    if (this.held) await this.twin.commit(this.held);
    this.held = this.held ? undefined : await this.twin.decide(this.looks());
  }

  private async sweep(): Promise<void> {
    await this.twin.giveUpWorkers();
    const found = await this.twin.lookedFor();
    if (this.draws.chance(0.5)) await this.look(found.map((stepId) => ({ kind: 'look', stepId })));
  }

  private async resolve(): Promise<void> {
    const parked = [...this.twin.memory.steps.values()].filter(({ state }) => state === 'parked');
    if (parked.length === 0) return;
    const { id: stepId, operationId, condition } = this.draws.pick(parked);
    if (condition.kind === 'person' && condition.permit !== undefined) return this.decide(stepId, condition.permit);
    const output = Buffer.from('1');
    const outcome = this.draws.pick(['happened', 'absent'] as const);
    const said = { output, outputHash: sha256Hex(output), evidence: '{}', reason: 'seen in the books' };
    const resolution = { operationId, stepId, outcome, ...said, evidenceId: this.draws.uuid() };
    await this.look([{ kind: 'resolve', resolution }]);
  }

  private revise(): Promise<void> {
    const { plan, task } = this.twin.memory;
    return this.look([{ kind: 'revise', revision: drawRevision(this.draws, plan, task.planRevision) }]);
  }

  private decide(stepId: string, permitId: string): Promise<void> {
    const verdict = this.draws.pick(['granted', 'granted', 'granted', 'denied'] as const);
    const expiresInMs = this.draws.pick(WAITS_MS);
    const word = { permitId, stepId, verdict, reason: 'looked at', by: SOMEBODY, expiresInMs };
    return this.look([{ kind: 'permit', word }]);
  }

  // The verifier's.

  private async verify(): Promise<void> {
    const { task, steps } = this.twin.memory;
    const waiting = [...steps.values()].filter(({ state }) => state === 'verifying');
    const step = this.draws.chance(0.2) || waiting.length === 0 ? undefined : this.draws.pick(waiting);
    const passed = this.draws.chance(0.8);
    const late = this.draws.chance(0.2) ? 1 : 0;
    await this.twin.judge({
      id: this.draws.uuid(),
      stepId: step?.id ?? null,
      round: (step?.epoch ?? task.planRevision) - late,
      passed,
      code: passed ? 'ok' : 'check_failed',
      message: 'As it was found.',
    });
  }

  private async probe(): Promise<void> {
    const operation = this.operation();
    if (operation)
      await this.twin.probe(operation.id, this.draws.pick(['happened', 'absent', 'absent', 'inconclusive']));
  }

  // Workers.

  private async workerLives(): Promise<void> {
    const id = this.worker();
    switch (this.draws.pick(['renew', 'renew', 'renew', 'lock', 'end', 'register'])) {
      case 'renew':
        for (const one of this.workers) await this.twin.renew(one);
        return;
      case 'lock': {
        const holds = this.twin.memory.ledger.workers.get(id)!.holdsLock;
        return this.twin.setLock(id, !holds);
      }
      case 'end':
        return this.twin.reportEnd(id);
      default:
        return this.register();
    }
  }

  private async register(): Promise<void> {
    const id = this.draws.uuid();
    this.workers.push(id);
    await this.twin.register(id);
  }

  private worker(): string {
    return this.draws.pick(this.workers.slice(-WORKERS));
  }

  /** Mostly one that was dispatched. */
  private step(): StepRow {
    const all = [...this.twin.memory.steps.values()];
    const dispatched = all.filter(({ state }) => state === 'dispatched');
    return this.draws.pick(dispatched.length > 0 && this.draws.chance(0.9) ? dispatched : all);
  }

  private operation(): StoredOperation | undefined {
    const all = [...this.twin.memory.ledger.operations.values()];
    const open = all.filter(({ state }) => state === 'sent' || state === 'unknown');
    if (all.length === 0) return undefined;
    return this.draws.pick(open.length > 0 && this.draws.chance(0.85) ? open : all);
  }
}
