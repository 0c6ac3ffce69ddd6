import { setTimeout as pause } from 'node:timers/promises';
import {
  type CompiledPlan,
  type CompiledStep,
  checkExpression,
  compiledCall,
  isCallKey,
  type JsonValue,
  modelContractOf,
  type ResolvedContract,
  type StepKind,
} from '@muster/domain';
import { Database, loadOutputs, outputOf, PlanCache, type StepOutput } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { BOUNDS } from './bounds';
import type { StepViews } from './checks/expression';
import type { Finding } from './checks/finding';
import { checkOutputSchema } from './checks/output-schema';
import { checkPostcondition } from './checks/postcondition';
import { judgeReadBacks, type ReadBack } from './checks/read-back';
import { Prober } from './probe/prober';
import { LOAD_STEPS } from './verdict.sql';
import { VerdictStore } from './verdict.store';

interface StepRow {
  readonly id: string;
  readonly key: string;
  readonly kind: StepKind;
  readonly tool: string;
  readonly task_id: string;
  readonly tenant_id: string;
  readonly epoch: number;
  readonly plan_index: number;
  readonly item: string | null;
  readonly contract_hash: string;
  readonly plan_hash: string;
  readonly input: string;
  readonly operation_id: string;
  readonly response: Buffer | null;
  readonly resolver: string;
  readonly settled_at: number;
  readonly is_judged: boolean;
  readonly read_backs: readonly ReadBack[];
}

/** A step to judge, with what its plan and contract say. */
interface Case {
  readonly row: StepRow;
  readonly plan: CompiledPlan;
  readonly step: CompiledStep;
  readonly contract: ResolvedContract;
  /** Undefined where the recorded answer is no JSON. */
  readonly output: JsonValue | undefined;
}

/** Called with the steps on which there is a verdict now. */
export type Heard = (stepIds: readonly string[]) => void;

/** Gives verdicts on steps: by schema and postcondition at once, by reading the effect back as soon as that is possible. */
@Injectable()
export class StepVerifier {
  constructor(
    private readonly database: Database,
    private readonly plans: PlanCache,
    private readonly prober: Prober,
    private readonly store: VerdictStore,
  ) {}

  /** Steps that do not wait for a verdict at that epoch are passed over. `signal` ends the waiting between read-backs. */
  async verify(asked: readonly { id: string; epoch: number }[], heard: Heard, signal: AbortSignal): Promise<void> {
    const rows = await this.database.query<StepRow>(LOAD_STEPS, [
      asked.map((step) => step.id),
      asked.map((step) => step.epoch),
    ]);
    // The first verdict stands. Whoever asks again has perhaps not heard of it.
    heard(rows.filter((row) => row.is_judged).map((row) => row.id));
    const cases = await this.open(rows.filter((row) => !row.is_judged));
    const checked = await this.check(cases);
    const [later, now] = partition(
      checked,
      ({ one, findings }) => isReadBack(one) && findings.every((finding) => finding.passed),
    );
    await this.conclude(now, heard);
    await Promise.all(later.map(({ one, findings }) => this.readBack(one, findings, heard, signal)));
  }

  private async open(rows: readonly StepRow[]): Promise<Case[]> {
    const plans = await this.plans.get(rows.map((row) => row.plan_hash));
    return rows.map((row) => {
      const { plan, contracts } = plans.get(row.plan_hash)!;
      const contract = contracts.get(row.contract_hash)!;
      const planned = plan.steps[row.plan_index]!;
      const step = isCallKey(row.key) ? compiledCall(planned, contract) : planned;
      return { row, plan, step, contract: judgedBy(row, plan) ?? contract, output: readOutput(row) };
    });
  }

  private async check(cases: readonly Case[]): Promise<{ one: Case; findings: Finding[] }[]> {
    const wanted = cases.flatMap((one) => readsOf(one).map((planIndex) => ({ taskId: one.row.task_id, planIndex })));
    const outputs = await loadOutputs(this.database, wanted);
    return cases.map((one) => ({ one, findings: checkNow(one, outputs.get(one.row.task_id) ?? new Map()) }));
  }

  private async conclude(all: readonly { one: Case; findings: readonly Finding[] }[], heard: Heard): Promise<void> {
    await this.store.addStepVerdicts(
      all.map(({ one, findings }) => ({ stepId: one.row.id, round: one.row.epoch, findings })),
    );
    heard(all.map(({ one }) => one.row.id));
  }

  // A few tries, spaced out; if none of them tells, the coordinator's sweep rings again and the count goes on from what
  // is recorded.
  private async readBack(one: Case, findings: readonly Finding[], heard: Heard, signal: AbortSignal): Promise<void> {
    const { row, contract } = one;
    const probe = contract.probe!;
    const answers = [...row.read_backs];
    const subject = { operationId: row.operation_id, stepId: row.id, taskId: row.task_id, tenantId: row.tenant_id };
    for (let tries = 0; tries < BOUNDS.READ_BACK_TRIES_PER_JOB && !signal.aborted; tries++) {
      const judgement = judgeReadBacks(answers, { settledAt: row.settled_at, absentAfterMs: probe.absentAfterMs });
      if (judgement.kind === 'found')
        return await this.conclude([{ one, findings: [...findings, judgement.finding] }], heard);
      if (tries > 0 && !(await waited(judgement.againInMs, signal))) return;
      answers.push(await this.prober.probe('read-back', probe, subject));
    }
    const last = judgeReadBacks(answers, { settledAt: row.settled_at, absentAfterMs: probe.absentAfterMs });
    if (last.kind === 'found') await this.conclude([{ one, findings: [...findings, last.finding] }], heard);
  }
}

/** An agent's answer is judged by what its own contract says of it; what its model said is another matter. */
function judgedBy(
  { kind, tool, contract_hash: hash }: StepRow,
  { agents }: CompiledPlan,
): ResolvedContract | undefined {
  const agent = kind === 'agent' ? agents.get(tool) : undefined;
  return agent && { ...modelContractOf(agent), hash, output: agent.output };
}

// One answer that cannot be read is a finding about its own step, and must not keep the others of its message waiting.
function readOutput({ kind, response }: StepRow): JsonValue | undefined {
  try {
    return response === null ? undefined : outputOf(kind, JSON.parse(response.toString('utf8')) as JsonValue);
  } catch {
    return undefined;
  }
}

/** What a probe or a person has told already need not be asked again. */
const isReadBack = ({ row, contract }: Case): boolean =>
  contract.probe !== undefined && row.resolver !== 'probe' && row.resolver !== 'person';

function readsOf({ step, plan }: Case): number[] {
  if (step.check === undefined) return [];
  const checked = checkExpression(step.check, ['input', 'output', 'steps', step.as]);
  return checked.ok ? checked.steps.flatMap((key) => plan.indexOf.get(key) ?? []) : [];
}

function checkNow(one: Case, outputs: ReadonlyMap<number, StepOutput>): Finding[] {
  const { step, row, contract, output, plan } = one;
  const schema = checkOutputSchema(contract.output, output);
  if (!schema.passed || output === undefined || step.check === undefined) return [schema];
  const item = row.item === null ? undefined : { name: step.as, value: JSON.parse(row.item) as JsonValue };
  const outcome = { input: JSON.parse(row.input) as JsonValue, output, steps: viewsOf(plan, outputs), item };
  return [schema, checkPostcondition(step.check, outcome)];
}

/** Outputs by the steps' keys, as expressions name them. */
export const viewsOf = (plan: CompiledPlan, outputs: ReadonlyMap<number, StepOutput>): StepViews =>
  Object.fromEntries(
    [...outputs].map(([index, { outputs: items, ...view }]) => [
      plan.steps[index]!.key,
      items ? { ...view, outputs: [...items] } : view,
    ]),
  );

async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  return await pause(ms, true, { signal }).catch(() => false);
}

function partition<T>(all: readonly T[], belongs: (one: T) => boolean): [T[], T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))];
}
