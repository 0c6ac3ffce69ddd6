import type { StepAtEpoch } from '@muster/contracts';
import type { JsonValue, Scope } from '@muster/domain';
import { PREPARE } from '@muster/ledger';
import { Database, GroupCommit, type KnownPlan, loadOutputs, PlanCache } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { loadContexts } from './agents/context.loader';
import { loadSiblings } from './agents/sub-plan-input';
import { calledToolOf, openPart, type PreparedRow, type RunWork, workOf } from './work';

const BATCH_MAX = 200;

/** Reads what runs need, many runs in one statement. */
@Injectable()
export class WorkLoader {
  private readonly reads: GroupCommit<readonly string[], PreparedRow[]>;

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
    const rows = new Map((await this.reads.add(run.map((step) => step.id))).map((row) => [row.step_id, row]));
    const open = openPart(run, rows);
    if (open.length === 0) return undefined;
    const known = (await this.plans.get([open[0]!.plan_hash])).get(open[0]!.plan_hash)!;
    const [contexts, siblings, scope] = await Promise.all([
      loadContexts(this.database, open, known),
      loadSiblings(this.database, open.flatMap(calledToolOf)),
      this.scope(open, known),
    ]);
    const factsOf = (id: string) => ({ context: contexts.get(id), siblings: siblings.get(id) });
    return { steps: open.map((row) => workOf(row, known, factsOf(row.step_id))), scope };
  }

  close(): Promise<void> {
    return this.reads.close();
  }

  private async read(batch: readonly (readonly string[])[]): Promise<PreparedRow[][]> {
    const rows = await this.database.query<PreparedRow>(PREPARE, [[...new Set(batch.flat())]]);
    const byId = new Map(rows.map((row) => [row.step_id, row]));
    return batch.map((ids) => ids.flatMap((id) => byId.get(id) ?? []));
  }

  private async scope(rows: readonly PreparedRow[], { plan }: KnownPlan): Promise<Scope> {
    const { task_id: taskId, input } = rows[0]!;
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
    return { input: JSON.parse(input) as JsonValue, steps } as Scope;
  }
}
