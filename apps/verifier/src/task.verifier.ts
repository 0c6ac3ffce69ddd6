import { type CompiledPlan, checkExpression, type JsonObject, type JsonValue, sha256Hex } from '@muster/domain';
import { Database, loadOutputs, PlanCache, type StepOutput } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { BOUNDS } from './bounds';
import { checkCriteria, type TaskClaims } from './checks/criteria';
import { viewsOf } from './step.verifier';
import { LOAD_TASKS } from './verdict.sql';
import { type TaskVerdict, VerdictStore } from './verdict.store';

interface TaskRow {
  readonly id: string;
  readonly plan_revision: number;
  readonly plan_hash: string;
  readonly input: string;
  readonly criteria: string;
  readonly invariants: string;
  readonly began_at: string;
  readonly is_judged: boolean;
}

interface Case {
  readonly row: TaskRow;
  readonly plan: CompiledPlan;
  readonly claims: TaskClaims;
}

/** Gives verdicts on tasks: their completion criteria and invariants, held against the outputs on record. */
@Injectable()
export class TaskVerifier {
  constructor(
    private readonly database: Database,
    private readonly plans: PlanCache,
    private readonly store: VerdictStore,
  ) {}

  /** Tasks that do not wait for a verdict in that round are passed over; `heard` names those that have one now. */
  async verify(
    asked: readonly { id: string; round: number }[],
    heard: (taskIds: readonly string[]) => void,
  ): Promise<void> {
    const rows = await this.database.query<TaskRow>(LOAD_TASKS, [
      asked.map((task) => task.id),
      asked.map((task) => task.round),
    ]);
    const cases = await this.open(rows.filter((row) => !row.is_judged));
    const wanted = cases.flatMap((one) => readsOf(one).map((planIndex) => ({ taskId: one.row.id, planIndex })));
    const outputs = await loadOutputs(this.database, wanted);
    await this.store.addTaskVerdicts(cases.map((one) => judge(one, outputs.get(one.row.id) ?? new Map())));
    heard(rows.map((row) => row.id));
  }

  private async open(rows: readonly TaskRow[]): Promise<Case[]> {
    const plans = await this.plans.get(rows.map((row) => row.plan_hash));
    return rows.map((row) => {
      const { plan } = plans.get(row.plan_hash)!;
      const completion = [...new Set([...plan.completion, ...(JSON.parse(row.criteria) as string[])])];
      return { row, plan, claims: { completion, invariants: JSON.parse(row.invariants) as string[] } };
    });
  }
}

function readsOf({ plan, claims }: Case): number[] {
  const keys = [...claims.completion, ...claims.invariants].flatMap((text) => {
    const checked = checkExpression(text, ['input', 'steps']);
    return checked.ok ? checked.steps : [];
  });
  return [...new Set(keys)].flatMap((key) => plan.indexOf.get(key) ?? []);
}

function judge({ row, plan, claims }: Case, outputs: ReadonlyMap<number, StepOutput>): TaskVerdict {
  const steps = viewsOf(plan, outputs);
  const findings = checkCriteria(claims, JSON.parse(row.input) as JsonValue, steps);
  const detail: JsonObject = {
    completion: [...claims.completion],
    invariants: [...claims.invariants],
    steps: Object.keys(steps),
  };
  return {
    taskId: row.id,
    round: row.plan_revision,
    findings,
    seen: { beganAt: row.began_at, body: seenBytes(row.input, steps), detail: JSON.stringify(detail) },
  };
}

// A forEach may have handed ten thousand outputs to one criterion. Their hashes say what was seen, and the ledger has it.
function seenBytes(input: string, steps: object): Buffer {
  const whole = Buffer.from(JSON.stringify({ input: JSON.parse(input) as JsonValue, steps }));
  if (whole.length <= BOUNDS.CRITERIA_EVIDENCE_BYTES_MAX) return whole;
  const hashes = Object.entries(steps).map(([key, view]) => [key, { sha256: sha256Hex(JSON.stringify(view)) }]);
  return Buffer.from(JSON.stringify({ inputSha256: sha256Hex(input), steps: Object.fromEntries(hashes) }));
}
