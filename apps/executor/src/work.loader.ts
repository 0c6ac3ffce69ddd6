import type { StepAtEpoch } from '@muster/contracts';
import type { JsonValue, Scope } from '@muster/domain';
import { PREPARE } from '@muster/ledger';
import { Database, GroupCommit, type KnownPlan, loadOutputs, PlanCache } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import type { StepWork } from './work';

interface Row {
  readonly step_id: string;
  readonly task_id: string;
  readonly tenant_id: string;
  readonly key: string;
  readonly plan_index: number;
  readonly item: string | null;
  readonly state: string;
  readonly epoch: number;
  readonly operation_id: string;
  readonly contract_hash: string;
  readonly plan_hash: string;
  readonly input: string;
  readonly deadline_at: Date | null;
  readonly withdrawal: string | null;
  readonly request: Buffer | null;
  readonly operation_state: string | null;
}

/** A run as an executor works on it, with the outputs its inputs read, but for those that it makes itself. */
export interface RunWork {
  readonly steps: readonly StepWork[];
  readonly scope: Scope;
}

const BATCH_MAX = 200;

/** Reads what runs need, many runs in one statement. */
@Injectable()
export class WorkLoader {
  private readonly reads: GroupCommit<readonly string[], Row[]>;

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
    const wanted = run.map((step) => ({ step, row: rows.get(step.id) }));
    const stale = wanted.findIndex(
      ({ step, row }) => row?.state !== 'dispatched' || row.epoch !== step.epoch || row.withdrawal !== null,
    );
    const open = (stale < 0 ? wanted : wanted.slice(0, stale)).map(({ row }) => row!);
    if (open.length === 0) return undefined;
    const known = (await this.plans.get([open[0]!.plan_hash])).get(open[0]!.plan_hash)!;
    return { steps: open.map((row) => workOf(row, known)), scope: await this.scope(open, known) };
  }

  close(): Promise<void> {
    return this.reads.close();
  }

  private async read(batch: readonly (readonly string[])[]): Promise<Row[][]> {
    const rows = await this.database.query<Row>(PREPARE, [[...new Set(batch.flat())]]);
    const byId = new Map(rows.map((row) => [row.step_id, row]));
    return batch.map((ids) => ids.flatMap((id) => byId.get(id) ?? []));
  }

  private async scope(rows: readonly Row[], { plan }: KnownPlan): Promise<Scope> {
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

function workOf(row: Row, { plan, contracts }: KnownPlan): StepWork {
  return {
    stepId: row.step_id,
    taskId: row.task_id,
    tenantId: row.tenant_id,
    key: row.key,
    epoch: row.epoch,
    operationId: row.operation_id,
    step: plan.steps[row.plan_index]!,
    contract: contracts.get(row.contract_hash)!,
    ...(row.item === null ? {} : { item: JSON.parse(row.item) as JsonValue }),
    ...(row.request === null ? {} : { sentBefore: row.request }),
    ...(row.deadline_at ? { deadlineAt: row.deadline_at } : {}),
  };
}
