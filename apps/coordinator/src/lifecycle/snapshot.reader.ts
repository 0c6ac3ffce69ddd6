import { Database, loadOutputs, PlanCache } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { loadAgents } from './agent.reader';
import type { Wants } from './decision';
import { EXPAND, LOAD, LOADED, RECALL, WITHOUT_OPERATION } from './load.sql';
import type {
  AgentFacts,
  OperationRow,
  ProbeRow,
  RefusalRow,
  SendingRow,
  Snapshot,
  StepOutput,
  StepRow,
  TaskRow,
  VerdictRow,
  WorkerRow,
} from './snapshot';
import { type RememberedRows, TaskMemory } from './task.memory';

/** What a decision about one task is to be drawn from. */
export interface Scope {
  readonly taskIds: readonly string[];
  readonly stepIds: readonly string[];
  readonly outputs: readonly { readonly taskId: string; readonly planIndex: number }[];
  readonly items: readonly { readonly parentId: string; readonly id: string }[];
  /** Agents whose calls are looked through. */
  readonly agents: readonly string[];
}

type RawTask = TaskRow & { input: string; budget: string; failure: string; conditions: string; stepCounts: string };
type RawStep = StepRow & { condition: string; attempts: string; failure: string; call: string; spent: string };
type FoundOperation = OperationRow & { taskId: string };

/** What others than the coordinator write, as of one moment. */
interface Written {
  readonly now: number;
  /** Values in the order of `LOADED`. */
  readonly operations: unknown[][];
  readonly sendings: SendingRow[];
  readonly workers: WorkerRow[];
  readonly refusals: RefusalRow[];
  readonly verdicts: (VerdictRow & { taskId: string })[];
  readonly probes: ProbeRow[];
}

/** All that one statement has found, by task. */
interface Found {
  readonly tasks: readonly { readonly task: TaskRow; readonly steps: readonly StepRow[] }[];
  readonly written: Written;
  readonly operations: ReadonlyMap<string, readonly FoundOperation[]>;
}

/**
 * Reads snapshots: one statement for all tasks of a batch, rows that the coordinator wrote last and plans from memory,
 * outputs only where an expression reads them.
 */
@Injectable()
export class SnapshotReader {
  constructor(
    private readonly database: Database,
    private readonly plans: PlanCache,
    /** Whoever writes tells it. */
    readonly memory: TaskMemory,
  ) {}

  async read(scope: Scope): Promise<Map<string, Snapshot>> {
    const found = await this.find(scope);
    const [plans, outputs, agents] = await Promise.all([
      this.plans.get(found.flatMap(({ tasks }) => tasks.map(({ task }) => task.planHash))),
      scope.outputs.length > 0 ? loadOutputs(this.database, scope.outputs) : new Map<string, Map<number, StepOutput>>(),
      scope.agents.length > 0 ? loadAgents(this.database, scope.agents) : new Map<string, AgentFacts>(),
    ]);
    const nextItems = itemsOf(scope.items);
    const snapshots = new Map<string, Snapshot>();
    for (const part of found)
      for (const { task, steps } of part.tasks)
        snapshots.set(task.id, {
          ...snapshotOf(part, task, steps),
          ...plans.get(task.planHash)!,
          outputs: outputs.get(task.id) ?? new Map(),
          nextItems,
          agents,
        });
    return snapshots;
  }

  private async find(scope: Scope): Promise<Found[]> {
    const { known, unknown } = this.memory.recall(scope.stepIds, scope.taskIds);
    const isUnknown = unknown.stepIds.length > 0 || unknown.taskIds.length > 0;
    const [recalled, loaded] = await Promise.all([
      known.length > 0 ? this.recall(known) : undefined,
      isUnknown || known.length === 0 ? this.load(unknown) : undefined,
    ]);
    if (!recalled) return [loaded!];
    this.memory.share(recalled.moved);
    const isTorn = loaded?.tasks.some(({ task }) => known.some((one) => one.task.id === task.id));
    if (recalled.moved.length > 0 || isTorn) return [await this.load(scope)];
    return loaded ? [recalled.found, loaded] : [recalled.found];
  }

  /** What others have written about rows of memory, and the tasks that somebody has moved since. */
  private async recall(known: readonly RememberedRows[]): Promise<{ found: Found; moved: string[] }> {
    const steps = known.flatMap(({ steps }) => steps.filter(({ state }) => !WITHOUT_OPERATION.includes(state)));
    const [row] = await this.database.query<{ facts: Written & { revisions: Record<string, number> } }>(RECALL, [
      known.map(({ task }) => task.id),
      steps.map(({ id }) => id),
      steps.map(({ state }) => state),
      steps.map(({ epoch }) => epoch),
      steps.map(({ operationId }) => operationId),
    ]);
    const { revisions, ...written } = row!.facts;
    const moved = known.filter(({ task }) => revisions[task.id] !== task.revision).map(({ task }) => task.id);
    return { found: { tasks: known, written, operations: byTask(written) }, moved };
  }

  private async load({ stepIds, taskIds }: Pick<Scope, 'stepIds' | 'taskIds'>): Promise<Found> {
    const [row] = await this.database.query<{ snapshot: Written & { tasks: unknown[][]; steps: unknown[][] } }>(LOAD, [
      stepIds,
      taskIds,
    ]);
    const { tasks, steps, ...written } = row!.snapshot;
    const stepsOf = Map.groupBy(rowsOf<RawStep>(LOADED.steps, steps).map(stepOf), ({ taskId }) => taskId);
    return {
      tasks: rowsOf<RawTask>(LOADED.tasks, tasks).map((task) => ({
        task: taskOf(task),
        steps: stepsOf.get(task.id) ?? [],
      })),
      written,
      operations: byTask(written),
    };
  }

  /** Turns wants into more of a scope. */
  async expand(scope: Scope, wants: ReadonlyMap<string, Wants>): Promise<Scope> {
    const entries = [...wants];
    const members = entries.flatMap(([taskId, want]) => want.members.map((planIndex) => ({ taskId, planIndex })));
    const closures = entries.flatMap(([, want]) => want.closures);
    const parents = count(entries.flatMap(([, want]) => want.items));
    const found =
      members.length + closures.length + parents.size > 0 ? await this.idsOf(members, closures, parents) : [];
    return {
      taskIds: scope.taskIds,
      stepIds: unique([...scope.stepIds, ...entries.flatMap(([, want]) => want.steps), ...found.map((row) => row.id)]),
      outputs: [
        ...scope.outputs,
        ...entries.flatMap(([taskId, want]) => want.outputs.map((planIndex) => ({ taskId, planIndex }))),
      ],
      items: [
        ...scope.items,
        ...found.flatMap((row) => (row.parent_id ? [{ parentId: row.parent_id, id: row.id }] : [])),
        ...none(parents, found),
      ],
      agents: unique([...scope.agents, ...entries.flatMap(([, want]) => want.agents)]),
    };
  }

  private idsOf(
    members: { taskId: string; planIndex: number }[],
    closures: string[],
    parents: Map<string, number>,
  ): Promise<{ id: string; parent_id: string | null }[]> {
    return this.database.query(EXPAND, [
      members.map((member) => member.taskId),
      members.map((member) => member.planIndex),
      closures,
      [...parents.keys()],
      [...parents.values()],
    ]);
  }
}

const byTask = ({ operations }: Written): Map<string, FoundOperation[]> =>
  Map.groupBy(rowsOf<FoundOperation>(LOADED.operations, operations), ({ taskId }) => taskId);

function rowsOf<T>(columns: Readonly<Record<string, string>>, lists: readonly unknown[][]): T[] {
  const names = Object.keys(columns);
  return lists.map((values) => {
    const row: Record<string, unknown> = {};
    for (const [index, name] of names.entries()) row[name] = values[index];
    return row as T;
  });
}

function snapshotOf(
  { written, operations: found }: Found,
  task: TaskRow,
  steps: readonly StepRow[],
): Omit<Snapshot, 'plan' | 'contracts' | 'outputs' | 'nextItems' | 'agents'> {
  const { now, sendings, workers, refusals, verdicts, probes } = written;
  const operations = found.get(task.id) ?? [];
  return {
    now,
    task,
    steps: new Map(steps.map((step) => [step.id, step])),
    operations: new Map(operations.map((operation) => [operation.stepId, operation])),
    sendings,
    workers: new Map(workers.map((worker) => [worker.id, worker])),
    refusals: new Map(refusals.map((refusal) => [refusal.stepId, refusal])),
    verdicts: new Map(verdicts.flatMap((verdict) => (verdict.stepId ? [[verdict.stepId, verdict] as const] : []))),
    taskVerdict: verdicts.find((verdict) => verdict.taskId === task.id && verdict.stepId === null),
    probes,
    atIndex: new Map(steps.filter((step) => step.itemIndex === null).map((step) => [step.planIndex, step.id])),
    sentOperations: operations.filter((operation) => operation.state === 'sent'),
  };
}

function taskOf(raw: RawTask): TaskRow {
  return {
    ...raw,
    input: JSON.parse(raw.input),
    budget: JSON.parse(raw.budget),
    failure: raw.failure && JSON.parse(raw.failure),
    conditions: JSON.parse(raw.conditions),
    stepCounts: JSON.parse(raw.stepCounts),
  };
}

function stepOf(raw: RawStep): StepRow {
  return {
    ...raw,
    condition: JSON.parse(raw.condition),
    attempts: JSON.parse(raw.attempts),
    failure: raw.failure && JSON.parse(raw.failure),
    call: raw.call && JSON.parse(raw.call),
    spent: JSON.parse(raw.spent),
  };
}

const unique = (ids: readonly string[]): string[] => [...new Set(ids)];

function count(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  // Several items of one parent may end in one batch, each of them asking for the next: ask for more than one.
  return new Map([...counts].map(([id, asked]) => [id, asked + SPARE_ITEMS]));
}
const SPARE_ITEMS = 64;

function itemsOf(items: Scope['items']): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const { parentId, id } of items) lists.set(parentId, [...(lists.get(parentId) ?? []), ...(id ? [id] : [])]);
  return lists;
}

/** A parent without waiting items is named as well, so that the decision knows it was asked for. */
function none(
  parents: ReadonlyMap<string, number>,
  found: readonly { parent_id: string | null }[],
): { parentId: string; id: string }[] {
  const answered = new Set(found.map((row) => row.parent_id));
  return [...parents.keys()].filter((parentId) => !answered.has(parentId)).map((parentId) => ({ parentId, id: '' }));
}
