import type { Acceptance } from '../../apps/coordinator/src/lifecycle/accept';
import { decide } from '../../apps/coordinator/src/lifecycle/decide';
import type { Decision, Input, Outcome, Reply, Ring } from '../../apps/coordinator/src/lifecycle/decision';
import type { Snapshot, Surroundings } from '../../apps/coordinator/src/lifecycle/snapshot';
import { TaskMemory } from '../../apps/coordinator/src/lifecycle/task.memory';
import { type Scope, scopeOf } from '../../apps/coordinator/src/lifecycle/testing/memory.store';
import { GRACE_MS, LEASE_TTL_MS } from '../../apps/coordinator/src/lifecycle/testing/task.world';
import type { Oracle } from './oracle';
import type { Actor } from './stage';
import type { World } from './world';

/** What a person asks; `reply` is undefined where no answer came. */
export interface Question {
  readonly input: Input;
  reply(reply: Reply | undefined): void;
}

interface Batch {
  readonly steps: readonly string[];
  readonly task: boolean;
  readonly questions: readonly Question[];
}

const RETRY_MS = 200;
const ROUNDS_MAX = 32;

/** A coordinator's process: load, decide by the product's own `decide`, commit, ring; each of them can be its last. */
export class SimCoordinator implements Actor {
  isAlive = true;
  isPaused = false;
  /** That of a process ends with it. */
  private readonly memory = new TaskMemory();
  private readonly steps = new Set<string>();
  private looksAtTask = false;
  private questions: Question[] = [];
  private isBusy = false;

  constructor(
    private readonly world: World,
    private readonly oracle: Oracle,
    readonly name: string,
    accepted?: Acceptance,
  ) {
    if (accepted) this.memory.accepted(accepted);
  }

  die(): void {
    this.isAlive = false;
    this.world.stage.say(this.name, () => 'dies');
    for (const question of this.questions.splice(0)) question.reply(undefined);
  }

  look(steps: readonly string[], task = false): void {
    for (const id of steps) this.steps.add(id);
    this.looksAtTask ||= task;
    this.wake();
  }

  /** Nothing of what it was asked to do is still to be done. */
  get isIdle(): boolean {
    return !this.isBusy;
  }

  ask(question: Question): void {
    this.questions.push(question);
    this.wake();
  }

  /** As the sweeper does: workers that are gone, then what is past due, then the backlog. */
  sweep(): void {
    const { sweep, store } = this.world;
    store.now = this.world.now;
    sweep.giveUpWorkers();
    const due = sweep.due();
    const steps = [...sweep.lost(), ...due.steps, ...(this.oracle.room > 0 ? sweep.backlog() : [])];
    if (steps.length === 0 && !due.task) return;
    this.world.stage.say(this.name, () => `sweeps ${steps.map((id) => this.world.keyOf(id)).join(', ') || 'the task'}`);
    this.memory.forgetDue(due.steps, due.task ? [this.world.store.task.id] : []);
    this.look(steps, due.task);
  }

  private wake(): void {
    if (this.isBusy || (this.steps.size === 0 && !this.looksAtTask && this.questions.length === 0)) return;
    this.isBusy = true;
    this.world.stage.soon(this, () => this.begin());
  }

  private begin(): void {
    const known = this.memory.open([...this.steps].filter((id) => this.world.store.steps.has(id)));
    const batch = { steps: known, task: this.looksAtTask, questions: this.questions };
    this.steps.clear();
    this.looksAtTask = false;
    this.questions = [];
    this.load(batch, scopeOf(this.memory.withRuns(known)), 1);
  }

  /** With the rows that it wrote last, as long as nobody else has moved the task. */
  private load(batch: Batch, scope: Scope, round: number): void {
    if (round > ROUNDS_MAX) this.oracle.accuse('a decision still lacked facts after many loads');
    const { store } = this.world;
    const { known, unknown } = this.memory.recall([...scope.steps], [store.task.id]);
    const remembered = unknown.stepIds.length + unknown.taskIds.length === 0 ? known[0] : undefined;
    const read = () => {
      if (remembered?.task.revision === store.task.revision) return this.oracle.watchRecall(scope, remembered);
      if (remembered) this.memory.share([store.task.id]);
      return store.snapshot(scope);
    };
    this.world.statement(
      this,
      'load',
      read,
      (snapshot) => this.decide(batch, scope, round, snapshot),
      () => this.giveBack(batch),
    );
  }

  private decide(batch: Batch, scope: Scope, round: number, snapshot: Snapshot): void {
    const outcome = this.oracle.watchDecision(snapshot, () =>
      decide(snapshot, inputsOf(batch, snapshot), this.surroundings),
    );
    if (outcome.kind === 'wants') return this.expand(batch, scope, round, outcome);
    if (outcome.kind === 'unchanged') return this.end(batch, outcome.replies);
    this.commit(batch, outcome.decision, snapshot);
  }

  private expand(batch: Batch, scope: Scope, round: number, { wants }: Extract<Outcome, { kind: 'wants' }>): void {
    const read = () => this.world.store.expand(scope, wants);
    this.world.statement(
      this,
      'expand',
      read,
      (more) => this.load(batch, more, round + 1),
      () => this.giveBack(batch),
    );
  }

  private commit(batch: Batch, decision: Decision, snapshot: Snapshot): void {
    this.world.statement(
      this,
      'commit',
      () => this.oracle.watchCommit(decision, this.name),
      (won) => (won ? this.finish(batch, decision, snapshot) : this.again(batch)),
      () => this.giveBack(batch),
    );
  }

  private finish(batch: Batch, decision: Decision, snapshot: Snapshot): void {
    this.memory.committed(decision, snapshot);
    for (const ring of decision.rings) this.ring(ring);
    for (const input of decision.followUps) {
      if (input.kind === 'look') this.steps.add(input.stepId);
      else this.looksAtTask = true;
    }
    if (this.oracle.room > 0) for (const id of this.world.sweep.backlog()) this.steps.add(id);
    this.end(batch, decision.replies);
  }

  private ring(ring: Ring): void {
    this.world.stage.say(this.name, () => `rings ${this.wordOf(ring)}`);
    this.world.bell.ring(ring);
  }

  private wordOf(ring: Ring): string {
    if (ring.to === 'executor')
      return `an executor for ${ring.run.map(({ id, epoch }) => `${this.world.keyOf(id)}@${epoch}`).join(', ')}`;
    return `a verifier for ${'step' in ring ? this.world.keyOf(ring.step.id) : 'task' in ring ? 'the task' : 'a probe'}`;
  }

  private end(batch: Batch, replies: readonly Reply[]): void {
    for (const [index, question] of batch.questions.entries()) question.reply(replies[index] ?? 'already-ended');
    this.isBusy = false;
    this.wake();
  }

  /** Somebody else's commit came first: loaded and decided again. */
  private again(batch: Batch): void {
    this.world.stage.say(this.name, () => 'loses to another commit');
    this.memory.forget([this.world.store.task.id]);
    for (const id of batch.steps) this.steps.add(id);
    this.looksAtTask ||= batch.task;
    this.questions = [...batch.questions, ...this.questions];
    this.isBusy = false;
    this.wake();
  }

  /** The database gave no answer: whoever asked is told so, and the looks are taken again. */
  private giveBack(batch: Batch): void {
    for (const question of batch.questions) question.reply(undefined);
    this.world.stage.later(RETRY_MS, this, () => {
      this.isBusy = false;
      this.look(batch.steps, batch.task);
      this.wake();
    });
  }

  private get surroundings(): Surroundings {
    return {
      room: this.oracle.room,
      leaseTtlMs: LEASE_TTL_MS,
      workerLostGraceMs: GRACE_MS,
      prices: {},
      newId: () => this.world.draws.uuid(),
    };
  }
}

/** Looks in the order of the plan, then what people asked for, as the decision loop has it. */
function inputsOf({ steps, task, questions }: Batch, snapshot: Snapshot): Input[] {
  const rows = steps.map((id) => snapshot.steps.get(id)!);
  rows.sort((a, b) => a.planIndex - b.planIndex || (a.itemIndex ?? 0) - (b.itemIndex ?? 0));
  return [
    ...rows.map(({ id }): Input => ({ kind: 'look', stepId: id })),
    ...(task ? [{ kind: 'look-task' } as const] : []),
    ...questions.map(({ input }) => input),
  ];
}
