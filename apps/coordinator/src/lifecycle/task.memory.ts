import { hasEnded } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import type { Acceptance } from './accept';
import type { Decision } from './decision';
import type { Snapshot, StepRow, TaskRow } from './snapshot';

/** Kept over all tasks, in kilobytes: a row counts as one, and what it carries as much as it is. */
const WEIGHT_MAX = 50_000;
/** Of what one row carries; reading more than that anew is little beside what else is done with it. */
const CARRIED_MAX = 64;
const KILOBYTE = 1_024;
/** What numbers, names and brackets count as, whatever they are. */
const BYTES_OF_A_VALUE = 16;
/** Steps whose end is remembered, without their rows. */
const ENDED_MAX = 50_000;
/** Tasks that are not kept because another coordinator moves them, too. */
const SHARED_MAX = 1_000;

interface Remembered {
  task: TaskRow;
  /** Without those that have ended: nobody looks at them again but by mistake. */
  readonly steps: Map<string, StepRow>;
  /** All that were ever among them. */
  readonly stepIds: Set<string>;
  weight: number;
}

/** The rows of one task at one revision. */
export interface RememberedRows {
  readonly task: TaskRow;
  readonly steps: readonly StepRow[];
}

/** What a read names, by whether memory has its rows. */
export interface Recalled {
  readonly known: readonly RememberedRows[];
  readonly unknown: { readonly stepIds: readonly string[]; readonly taskIds: readonly string[] };
}

/**
 * The rows that this coordinator wrote last. They are those of the database as long as the task's revision there is the
 * same, since no row of a task changes without it, but for moments at which something is due (`forgetDue`). Whoever
 * takes rows from here compares the revision when reading what others write, and the commit compares it again.
 */
@Injectable()
export class TaskMemory {
  private readonly tasks = new Map<string, Remembered>();
  private readonly byStep = new Map<string, Remembered>();
  private readonly shared = new Set<string>();
  private readonly ended = new Set<string>();
  private weight = 0;

  constructor(private readonly weightMax: number = WEIGHT_MAX) {}

  /** The task was accepted here. */
  accepted({ task, steps }: Acceptance): void {
    this.put(task, steps);
  }

  /** The decision was written. */
  committed({ before, task, steps, items, plan, closeSteps }: Decision, snapshot: Snapshot): void {
    this.noteEnds(steps);
    const isGone = task.finishedAt !== null || task.withdrawal !== null || closeSteps || plan !== undefined;
    if (isGone || this.shared.has(task.id)) return this.forget([task.id]);
    const rows = [...steps, ...items.map(({ row }) => row)];
    const remembered = this.tasks.get(task.id);
    if (remembered?.task.revision === before.revision) return this.update(remembered, task, rows);
    this.put(task, [...new Map([...snapshot.steps, ...rows.map((row) => [row.id, row] as const)]).values()]);
  }

  /** Of these steps, those that have not ended, as far as is remembered: a look at any other changes nothing. */
  open(stepIds: readonly string[]): string[] {
    return stepIds.filter((id) => !this.ended.has(id));
  }

  /** These steps with the runs behind them, as far as they are remembered: whoever folds one goes on to the next. */
  withRuns(stepIds: readonly string[]): string[] {
    const ids = new Set(stepIds);
    for (const id of ids) {
      const steps = this.byStep.get(id)?.steps;
      for (const next of steps?.get(id)?.dependants ?? []) if (steps!.get(next)?.afterStep === id) ids.add(next);
    }
    return [...ids];
  }

  /** What a read of these would find: the steps with what waits for them and what they belong to. */
  recall(stepIds: readonly string[], taskIds: readonly string[]): Recalled {
    const named = Map.groupBy(stepIds, (id) => this.byStep.get(id));
    for (const id of taskIds) {
      const remembered = this.tasks.get(id);
      if (!named.has(remembered)) named.set(remembered, []);
    }
    const known: RememberedRows[] = [];
    const unknownSteps = [named.get(undefined) ?? []];
    const unknownTasks = new Set(taskIds.filter((id) => !this.tasks.has(id)));
    const wanted = new Set(taskIds);
    for (const [remembered, ids] of named) {
      if (!remembered) continue;
      const steps = rowsOf(remembered, ids);
      if (steps) {
        this.touch(remembered);
        known.push({ task: remembered.task, steps });
      } else {
        unknownSteps.push(ids);
        if (wanted.has(remembered.task.id)) unknownTasks.add(remembered.task.id);
      }
    }
    return { known, unknown: { stepIds: unknownSteps.flat(), taskIds: [...unknownTasks] } };
  }

  /** Somebody else has moved these tasks: what is read of them from now on is read anew each time. */
  share(taskIds: Iterable<string>): void {
    for (const id of taskIds) {
      this.shared.add(id);
      this.forget([id]);
    }
    keepNewest(this.shared, SHARED_MAX);
  }

  /** Whether something of these is due is not in their revision: they are read anew the next time. */
  forgetDue(stepIds: Iterable<string>, taskIds: Iterable<string>): void {
    this.forget(taskIds);
    for (const id of stepIds) {
      const remembered = this.byStep.get(id);
      if (remembered) this.remove(remembered, id);
    }
  }

  forget(taskIds: Iterable<string>): void {
    for (const id of taskIds) {
      const remembered = this.tasks.get(id);
      if (!remembered) continue;
      this.tasks.delete(id);
      for (const stepId of remembered.stepIds) this.byStep.delete(stepId);
      this.weight -= remembered.weight;
    }
  }

  private noteEnds(rows: readonly StepRow[]): void {
    for (const { id, state } of rows) if (hasEnded(state)) this.ended.add(id);
    keepNewest(this.ended, ENDED_MAX);
  }

  private put(task: TaskRow, rows: readonly StepRow[]): void {
    this.forget([task.id]);
    const weight = kilobytesOf(task.input);
    if (weight >= CARRIED_MAX) return;
    const remembered: Remembered = { task, steps: new Map(), stepIds: new Set(), weight };
    this.tasks.set(task.id, remembered);
    this.weight += weight;
    this.update(remembered, task, rows);
  }

  private update(remembered: Remembered, task: TaskRow, rows: readonly StepRow[]): void {
    remembered.task = task;
    for (const row of rows) {
      this.remove(remembered, row.id);
      if (!hasEnded(row.state)) this.add(remembered, row);
      remembered.stepIds.add(row.id);
      this.byStep.set(row.id, remembered);
    }
    this.touch(remembered);
    for (const id of this.tasks.keys()) {
      if (this.weight <= this.weightMax) return;
      this.forget([id]);
    }
  }

  private add(remembered: Remembered, row: StepRow): void {
    remembered.steps.set(row.id, row);
    this.weigh(remembered, weightOf(row));
  }

  private remove(remembered: Remembered, stepId: string): void {
    const row = remembered.steps.get(stepId);
    if (row && remembered.steps.delete(stepId)) this.weigh(remembered, -weightOf(row));
  }

  private weigh(remembered: Remembered, weight: number): void {
    remembered.weight += weight;
    this.weight += weight;
  }

  /** The one used longest ago goes first. */
  private touch({ task }: Remembered): void {
    const remembered = this.tasks.get(task.id)!;
    this.tasks.delete(task.id);
    this.tasks.set(task.id, remembered);
  }
}

/** These steps, their dependants and all above them; undefined where one of them is not remembered. */
function rowsOf({ steps }: Remembered, ids: readonly string[]): StepRow[] | undefined {
  const found = new Map<string, StepRow>();
  const add = (id: string): StepRow | undefined => {
    const row = steps.get(id);
    if (row) found.set(id, row);
    return row;
  };
  for (const id of ids) {
    const row = add(id);
    if (!row?.dependants.every(add)) return undefined;
    for (let above = row.parentId; above !== null; above = add(above)!.parentId)
      if (!steps.has(above)) return undefined;
  }
  return [...found.values()];
}

function keepNewest(ids: Set<string>, max: number): void {
  for (const id of ids) {
    if (ids.size <= max) return;
    ids.delete(id);
  }
}

/** Calls of agents carry their arguments; other rows are as good as equal. */
const weightOf = ({ call }: StepRow): number => 1 + (call ? kilobytesOf(call) : 0);

/** About how large a JSON value is; no more of it is looked at than tells that it is too large. */
function kilobytesOf(value: unknown): number {
  let bytes = 0;
  const open = [[value].values()];
  for (let at = open.at(-1); at && bytes < CARRIED_MAX * KILOBYTE; at = open.at(-1)) {
    const { value: next, done } = at.next();
    if (done) open.pop();
    else if (typeof next === 'object' && next !== null) open.push(valuesOf(next));
    bytes += BYTES_OF_A_VALUE + (typeof next === 'string' ? next.length : 0);
  }
  return Math.floor(bytes / KILOBYTE);
}

const valuesOf = (value: object): ArrayIterator<unknown> =>
  Array.isArray(value) ? value.values() : Object.values(value).values();
