import { Config, counter, Log } from '@muster/chassis';
import { newUuid } from '@muster/domain';
import { DatabaseUnavailable } from '@muster/persistence';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { Acceptance } from './accept';
import { After } from './after-commit';
import { decide } from './decide';
import type { Decision, Input, Reply, Wants } from './decision';
import type { Snapshot, Surroundings } from './snapshot';
import { type Scope, SnapshotReader } from './snapshot.reader';
import { TaskStore } from './task.store';

/** Looks taken into one batch; more wait for the next. */
const BATCH_MAX = 1_000;
/** Loads for one batch: each brings what the decision before it found missing. */
const ROUNDS_MAX = 32;
const RETRY_MS = 200;

const conflicts = counter('muster_decision_conflicts_total', 'Decisions whose task had moved on meanwhile.');

interface Question {
  readonly taskId: string;
  readonly input: Input;
  resolve(reply: Reply): void;
  reject(error: unknown): void;
}

interface Batch {
  readonly stepIds: string[];
  readonly taskIds: string[];
  readonly questions: Question[];
}

interface Decided {
  readonly snapshot: Snapshot;
  readonly decision: Decision;
}

/**
 * Load, decide, commit: whatever arrives while a commit is in flight goes with the next one. No lock is held across a
 * round trip; a task that moved on meanwhile is loaded and decided again.
 */
@Injectable()
export class DecisionLoop implements BeforeApplicationShutdown {
  private readonly steps = new Set<string>();
  private readonly tasks = new Set<string>();
  private questions: Question[] = [];
  private running: Promise<void> | undefined;
  private closed = false;
  private readonly prices: Surroundings['prices'];

  constructor(
    private readonly reader: SnapshotReader,
    private readonly store: TaskStore,
    private readonly after: After,
    private readonly config: Config,
    private readonly log: Log,
  ) {
    this.prices = Object.fromEntries(Object.entries(config.models).map(([name, { prices }]) => [name, prices]));
  }

  room(tenantId: string): number {
    return this.after.window.room(tenantId);
  }

  /** Look again at these; whoever asks has nothing to wait for. */
  look(stepIds: Iterable<string>, taskIds: Iterable<string> = []): void {
    for (const id of stepIds) this.steps.add(id);
    for (const id of taskIds) this.tasks.add(id);
    this.wake();
  }

  /** The same where something is due. */
  lookAtDue(stepIds: readonly string[], taskIds: readonly string[]): void {
    this.reader.memory.forgetDue(stepIds, taskIds);
    this.look(stepIds, taskIds);
  }

  /** Resolves with the reply to this input, after its commit. */
  ask(taskId: string, input: Input): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.questions.push({ taskId, input, resolve, reject });
      this.wake();
    });
  }

  /** What follows the commit of a new task: its rings, and the first look at steps with a gate. */
  begin(acceptance: Acceptance): void {
    this.reader.memory.accepted(acceptance);
    this.after.accepted(acceptance);
    const gated = acceptance.steps.filter((step) => step.state === 'pending' && step.dueAt !== null);
    if (gated.length > 0) this.look(gated.map((step) => step.id));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    await this.running;
    await this.store.close();
  }

  private wake(): void {
    if (this.closed) return;
    this.running ??= this.run().finally(() => {
      this.running = undefined;
      if (this.hasWork()) this.wake();
    });
  }

  private hasWork(): boolean {
    return this.steps.size > 0 || this.tasks.size > 0 || this.questions.length > 0;
  }

  private async run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.hasWork() && !this.closed) {
      const batch = this.takeBatch();
      if (sizeOf(batch) > 0) await this.runBatch(batch);
    }
  }

  private takeBatch(): Batch {
    const stepIds = [...this.steps].slice(0, BATCH_MAX);
    const batch = {
      stepIds: this.reader.memory.open(stepIds),
      taskIds: [...this.tasks].slice(0, BATCH_MAX),
      questions: this.questions,
    };
    this.questions = [];
    for (const id of stepIds) this.steps.delete(id);
    for (const id of batch.taskIds) this.tasks.delete(id);
    return batch;
  }

  private async runBatch(batch: Batch): Promise<void> {
    try {
      await this.decideAndCommit(batch);
    } catch (error) {
      await this.giveBack(batch, error);
    }
  }

  private async decideAndCommit(batch: Batch): Promise<void> {
    const { decided, unchanged } = await this.decideAll(batch);
    const won =
      decided.length > 0 ? await this.store.commit(decided.map(({ decision }) => decision)) : new Set<string>();
    const lost = decided.filter(({ decision }) => !won.has(decision.task.id));
    this.again(batch, lost);
    for (const entry of decided) if (won.has(entry.decision.task.id)) this.finish(batch, entry);
    for (const [taskId, replies] of unchanged) reply(batch, taskId, replies);
    for (const question of batch.questions.splice(0))
      if (!lost.some(({ decision }) => decision.task.id === question.taskId)) question.resolve('already-ended');
    const backlog = this.after.window.openings();
    if (won.size > 0 && backlog.size > 0) this.look(await this.store.backlog(backlog));
  }

  private async decideAll(batch: Batch): Promise<{ decided: Decided[]; unchanged: Map<string, readonly Reply[]> }> {
    const decided: Decided[] = [];
    const unchanged = new Map<string, readonly Reply[]>();
    let scope: Scope = {
      stepIds: this.reader.memory.withRuns(batch.stepIds),
      taskIds: [...new Set([...batch.taskIds, ...batch.questions.map(({ taskId }) => taskId)])],
      outputs: [],
      items: [],
      agents: [],
    };
    let open: ReadonlySet<string> | undefined;
    for (let round = 1; round <= ROUNDS_MAX; round++) {
      const wants = this.decideOnce(await this.reader.read(scope), batch, open, decided, unchanged);
      if (wants.size === 0) return { decided, unchanged };
      open = new Set(wants.keys());
      scope = await this.reader.expand(scope, wants);
    }
    throw new Error(`A decision still lacked facts after ${ROUNDS_MAX} loads.`);
  }

  private decideOnce(
    snapshots: ReadonlyMap<string, Snapshot>,
    batch: Batch,
    open: ReadonlySet<string> | undefined,
    decided: Decided[],
    unchanged: Map<string, readonly Reply[]>,
  ): Map<string, Wants> {
    const wants = new Map<string, Wants>();
    const looked = new Set(batch.stepIds);
    for (const [taskId, snapshot] of snapshots) {
      if (open && !open.has(taskId)) continue;
      const outcome = decide(snapshot, inputsOf(batch, looked, snapshot), this.surroundings(snapshot));
      if (outcome.kind === 'wants') wants.set(taskId, outcome.wants);
      else if (outcome.kind === 'unchanged') unchanged.set(taskId, outcome.replies);
      else decided.push({ snapshot, decision: outcome.decision });
    }
    return wants;
  }

  private surroundings(snapshot: Snapshot): Surroundings {
    const { leaseTtlMs, workerLostGraceMs } = this.config;
    const room = this.after.window.room(snapshot.task.tenantId);
    return { room, leaseTtlMs, workerLostGraceMs, prices: this.prices, newId: newUuid };
  }

  private finish(batch: Batch, { decision, snapshot }: Decided): void {
    this.reader.memory.committed(decision, snapshot);
    this.after.committed(decision, snapshot);
    reply(batch, decision.task.id, decision.replies);
    for (const input of decision.followUps) this.follow(decision.task.id, input);
  }

  private follow(taskId: string, input: Input): void {
    if (input.kind === 'look') this.look([input.stepId]);
    else this.look([], [taskId]);
  }

  /** Lost to another coordinator's commit: loaded and decided again. */
  private again(batch: Batch, lost: readonly Decided[]): void {
    conflicts.inc(lost.length);
    this.reader.memory.forget(lost.map(({ decision }) => decision.task.id));
    for (const { snapshot, decision } of lost) {
      this.look(
        batch.stepIds.filter((id) => snapshot.steps.has(id)),
        batch.taskIds.filter((id) => id === decision.task.id),
      );
      const questions = batch.questions.filter(({ taskId }) => taskId === decision.task.id);
      batch.questions.splice(
        0,
        batch.questions.length,
        ...batch.questions.filter((question) => !questions.includes(question)),
      );
      this.questions.push(...questions);
    }
  }

  /**
   * Nothing is lost when Postgres is away: looks are taken again later, whoever waits for a reply is told. Anything else
   * is halved until the culprit is alone, so that one bad row cannot hold up the others; it is found past due again.
   */
  private async giveBack(batch: Batch, error: unknown): Promise<void> {
    const isAway = error instanceof DatabaseUnavailable;
    if (!isAway && sizeOf(batch) > 1) {
      for (const half of halves(batch)) await this.runBatch(half);
      return;
    }
    this.log[isAway ? 'warn' : 'error']('decision.failed', {
      error,
      steps: batch.stepIds.slice(0, 3),
      tasks: batch.taskIds.slice(0, 3),
    });
    for (const question of batch.questions) question.reject(error);
    if (!isAway) return;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    for (const id of batch.stepIds) this.steps.add(id);
    for (const id of batch.taskIds) this.tasks.add(id);
  }
}

const sizeOf = ({ stepIds, taskIds, questions }: Batch): number => stepIds.length + taskIds.length + questions.length;

function halves({ stepIds, taskIds, questions }: Batch): Batch[] {
  const [steps, tasks, asked] = [stepIds.length, taskIds.length, questions.length].map((length) =>
    Math.ceil(length / 2),
  ) as [number, number, number];
  // A single entry of each kind is told apart as well.
  if (stepIds.length <= 1 && taskIds.length <= 1 && questions.length <= 1) {
    return [
      { stepIds, taskIds: [], questions: [] },
      { stepIds: [], taskIds, questions: [] },
      { stepIds: [], taskIds: [], questions },
    ].filter((part) => sizeOf(part) > 0);
  }
  return [
    { stepIds: stepIds.slice(0, steps), taskIds: taskIds.slice(0, tasks), questions: questions.slice(0, asked) },
    { stepIds: stepIds.slice(steps), taskIds: taskIds.slice(tasks), questions: questions.slice(asked) },
  ].filter((part) => sizeOf(part) > 0);
}

/** Looks in the order of the plan, so that a run is folded from its head on; then what people asked for. */
function inputsOf(batch: Batch, looked: ReadonlySet<string>, snapshot: Snapshot): Input[] {
  const steps = [...snapshot.steps.values()].filter(({ id }) => looked.has(id));
  steps.sort((a, b) => a.planIndex - b.planIndex || (a.itemIndex ?? 0) - (b.itemIndex ?? 0));
  return [
    ...steps.map((step): Input => ({ kind: 'look', stepId: step.id })),
    ...(batch.taskIds.includes(snapshot.task.id) ? [{ kind: 'look-task' } as const] : []),
    ...batch.questions.filter(({ taskId }) => taskId === snapshot.task.id).map(({ input }) => input),
  ];
}

/** Replies come in the order of the questions. */
function reply(batch: Batch, taskId: string, replies: readonly Reply[]): void {
  const asked = batch.questions.filter((question) => question.taskId === taskId);
  for (const [index, question] of asked.entries()) question.resolve(replies[index] ?? 'already-ended');
  batch.questions.splice(0, batch.questions.length, ...batch.questions.filter((question) => !asked.includes(question)));
}
