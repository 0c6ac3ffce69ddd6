import { Database, loadOutputs, PlanCache } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { loadAgents } from './agent.reader';
import type { Wants } from './decision';
import { EXPAND, LOAD, LOADED } from './load.sql';
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
type RawOperation = OperationRow & { taskId: string };

/** Rows of the lists are values in the order of `LOADED`. */
interface Loaded extends Omit<Raw, 'tasks' | 'steps' | 'operations'> {
  readonly tasks: unknown[][];
  readonly steps: unknown[][];
  readonly operations: unknown[][];
}

interface Raw {
  readonly now: number;
  readonly tasks: RawTask[];
  readonly steps: RawStep[];
  readonly operations: RawOperation[];
  readonly sendings: SendingRow[];
  readonly workers: WorkerRow[];
  readonly refusals: RefusalRow[];
  readonly verdicts: (VerdictRow & { taskId: string })[];
  readonly probes: ProbeRow[];
}

/** Reads snapshots: one statement for all tasks of a batch, plans from memory, outputs only where an expression reads them. */
@Injectable()
export class SnapshotReader {
  constructor(
    private readonly database: Database,
    private readonly plans: PlanCache,
  ) {}

  async read(scope: Scope): Promise<Map<string, Snapshot>> {
    const [row] = await this.database.query<{ snapshot: Loaded }>(LOAD, [scope.stepIds, scope.taskIds]);
    const raw = named(row!.snapshot);
    const [plans, outputs, agents] = await Promise.all([
      this.plans.get(raw.tasks.map((task) => task.planHash)),
      scope.outputs.length > 0 ? loadOutputs(this.database, scope.outputs) : new Map<string, Map<number, StepOutput>>(),
      scope.agents.length > 0 ? loadAgents(this.database, scope.agents) : new Map<string, AgentFacts>(),
    ]);
    const parts = groupByTask(raw);
    return new Map(
      raw.tasks.map((task) => {
        const known = plans.get(task.planHash)!;
        return [
          task.id,
          {
            ...snapshotOf(raw, task, parts),
            ...known,
            outputs: outputs.get(task.id) ?? new Map(),
            nextItems: itemsOf(scope.items),
            agents,
          },
        ];
      }),
    );
  }

  /** Turns wants into more of a scope. */
  async expand(scope: Scope, wants: ReadonlyMap<string, Wants>): Promise<Scope> {
    const entries = [...wants];
    const members = entries.flatMap(([taskId, want]) => want.members.map((planIndex) => ({ taskId, planIndex })));
    const closures = entries.flatMap(([, want]) => want.closures);
    const parents = count(entries.flatMap(([, want]) => want.items));
    const found =
      members.length + closures.length + parents.size > 0 ? await this.find(members, closures, parents) : [];
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

  private find(
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

const named = (loaded: Loaded): Raw => ({
  ...loaded,
  tasks: rowsOf<RawTask>(LOADED.tasks, loaded.tasks),
  steps: rowsOf<RawStep>(LOADED.steps, loaded.steps),
  operations: rowsOf<RawOperation>(LOADED.operations, loaded.operations),
});

function rowsOf<T>(columns: Readonly<Record<string, string>>, lists: readonly unknown[][]): T[] {
  const names = Object.keys(columns);
  return lists.map((values) => {
    const row: Record<string, unknown> = {};
    for (const [index, name] of names.entries()) row[name] = values[index];
    return row as T;
  });
}

interface Parts {
  readonly steps: Map<string, StepRow[]>;
  readonly operations: Map<string, RawOperation[]>;
}

function groupByTask(raw: Raw): Parts {
  return {
    steps: Map.groupBy(raw.steps.map(stepOf), (step) => step.taskId),
    operations: Map.groupBy(raw.operations, (operation) => operation.taskId),
  };
}

function snapshotOf(
  raw: Raw,
  task: RawTask,
  parts: Parts,
): Omit<Snapshot, 'plan' | 'contracts' | 'outputs' | 'nextItems' | 'agents'> {
  const steps = parts.steps.get(task.id) ?? [];
  const operations = parts.operations.get(task.id) ?? [];
  const byId = new Map(steps.map((step) => [step.id, step]));
  return {
    now: raw.now,
    task: taskOf(task),
    steps: byId,
    operations: new Map(operations.map((operation) => [operation.stepId, operation])),
    sendings: raw.sendings,
    workers: new Map(raw.workers.map((worker) => [worker.id, worker])),
    refusals: new Map(raw.refusals.map((refusal) => [refusal.stepId, refusal])),
    verdicts: new Map(raw.verdicts.flatMap((verdict) => (verdict.stepId ? [[verdict.stepId, verdict] as const] : []))),
    taskVerdict: raw.verdicts.find((verdict) => verdict.taskId === task.id && verdict.stepId === null),
    probes: raw.probes,
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
