import type { StepAtEpoch } from '@muster/contracts';
import type { JsonValue, Scope } from '@muster/domain';
import { PREPARE } from '@muster/ledger';
import { Database, GroupCommit, type KnownPlan, loadOutputs, PlanCache } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { loadContexts } from './agents/context.loader';
import { loadSiblings } from './agents/sub-plan-input';
import { calledToolOf, openPart, type PreparedRow, type RunWork, workOf } from './work';

const BATCH_MAX = 200;

/** `input` is the task's, as JSON, with the first of its steps. */
interface Row extends PreparedRow {
  readonly input: string | null;
}

/** What was read of a run, and the inputs of all tasks that were read of with it. */
interface Read {
  readonly rows: readonly Row[];
  readonly inputs: ReadonlyMap<string, JsonValue>;
}

/** Reads what runs need, many runs in one statement. */
@Injectable()
export class WorkLoader {
  private readonly reads: GroupCommit<readonly string[], Read>;

  constructor(
    private readonly database: Database,
    private readonly plans: PlanCache,
  ) {
    this.reads = new GroupCommit({ name: 'executor.prepare', maxBatch: BATCH_MAX, maxInFlight: 2 }, (batch) =>
      this.read(batch),
    );
  }

  /** The part of the run that is still to be done at these epochs; empty where the doorbell came too late. */
  async load(run: readonly StepAtEpoch[]): Promise<RunWork | undefined> {
    const { rows, inputs } = await this.reads.add(run.map((step) => step.id));
    const open = openPart(run, new Map(rows.map((row) => [row.step_id, row])));
    if (open.length === 0) return undefined;
    const known = (await this.plans.get([open[0]!.plan_hash])).get(open[0]!.plan_hash)!;
    const [contexts, siblings, scope] = await Promise.all([
      loadContexts(this.database, open, known),
      loadSiblings(this.database, open.flatMap(calledToolOf)),
      this.scope(open, known, inputs.get(open[0]!.task_id)!),
    ]);
    const factsOf = (id: string) => ({ context: contexts.get(id), siblings: siblings.get(id) });
    return { steps: open.map((row) => workOf(row, known, factsOf(row.step_id))), scope };
  }

  close(): Promise<void> {
    return this.reads.close();
  }

  private async read(batch: readonly (readonly string[])[]): Promise<Read[]> {
    const rows = await this.database.query<Row>(PREPARE, [[...new Set(batch.flat())]]);
    const byId = new Map(rows.map((row) => [row.step_id, row]));
    const inputs = new Map(
      rows.flatMap(({ task_id: taskId, input }) => (input === null ? [] : [[taskId, JSON.parse(input) as JsonValue]])),
    );
    return batch.map((ids) => ({ rows: ids.flatMap((id) => byId.get(id) ?? []), inputs }));
  }

  private async scope(rows: readonly PreparedRow[], { plan }: KnownPlan, input: JsonValue): Promise<Scope> {
    const { task_id: taskId } = rows[0]!;
    const own = new Set(rows.map((row) => row.plan_index));
    const reads = [...new Set(rows.flatMap((row) => plan.steps[row.plan_index]!.inputReads))].filter(
      (index) => !own.has(index),
    );
    const outputs = (
      await loadOutputs(
        this.database,
        reads.map((planIndex) => ({ taskId, planIndex })),
      )
    ).get(taskId);
    const steps = Object.fromEntries([...(outputs ?? [])].map(([index, output]) => [plan.steps[index]!.key, output]));
    return { input, steps } as Scope;
  }
}
