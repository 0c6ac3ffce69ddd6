import type { StepAtEpoch } from '@muster/contracts';
import {
  CONTRACT_DEFAULTS,
  type CompiledStep,
  compileSchema,
  type JsonValue,
  LIMITS,
  type ResolvedContract,
  render,
  type Scope,
} from '@muster/domain';
import type { KnownPlan } from '@muster/persistence';

/** A step an executor was woken for, with everything that its call needs. */
export interface StepWork {
  readonly stepId: string;
  readonly taskId: string;
  readonly tenantId: string;
  readonly key: string;
  readonly epoch: number;
  readonly operationId: string;
  readonly step: CompiledStep;
  readonly contract: ResolvedContract;
  /** The item of a `forEach`. */
  readonly item?: JsonValue;
  /** The bytes of an earlier sending: a resend carries exactly these. */
  readonly sentBefore?: Buffer;
  readonly deadlineAt?: Date;
}

/** A run as an executor works on it, with the outputs its inputs read, but for those that it makes itself. */
export interface RunWork {
  readonly steps: readonly StepWork[];
  readonly scope: Scope;
}

/** What the database says of a step that an executor was woken for. */
export interface PreparedRow {
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

/** The part of the run that is still to be done at these epochs; empty where the doorbell came too late. */
export function openPart(run: readonly StepAtEpoch[], rows: ReadonlyMap<string, PreparedRow>): PreparedRow[] {
  const stale = run.findIndex(({ id, epoch }) => {
    const row = rows.get(id);
    return row?.state !== 'dispatched' || row.epoch !== epoch || row.withdrawal !== null;
  });
  return (stale < 0 ? run : run.slice(0, stale)).map(({ id }) => rows.get(id)!);
}

export function workOf(row: PreparedRow, { plan, contracts }: KnownPlan): StepWork {
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

export type RequestBytes =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Renders a step's input and holds it against the contract. Pure: the same plan and outputs give the same bytes. */
export function requestOf(work: StepWork, scope: Scope): RequestBytes {
  if (work.sentBefore) return { ok: true, bytes: work.sentBefore };
  const named = work.step.forEach === undefined ? scope : { ...scope, [work.step.as]: work.item };
  const rendered = render(work.step.input, named);
  if (!rendered.ok)
    return { ok: false, code: 'expression_error', message: `input${rendered.pointer}: ${rendered.message}` };
  const problems = compileSchema(work.contract.input)(rendered.value) ?? [];
  if (problems.length > 0)
    return {
      ok: false,
      code: 'input_invalid',
      message: `The input is not what ${work.contract.name} takes: ${problems.join('; ')}`,
    };
  const bytes = Buffer.from(JSON.stringify(rendered.value));
  if (bytes.length > LIMITS.ARTIFACT_BYTES_MAX)
    return { ok: false, code: 'input_too_large', message: `The input has ${bytes.length} bytes.` };
  return { ok: true, bytes };
}

/** How long a call may take: the step's time, and never beyond the task's deadline. */
export function timeoutOf(work: StepWork, now: Date): number {
  const own = work.step.timeoutMs ?? work.contract.timeoutMs ?? CONTRACT_DEFAULTS.timeoutMs;
  return work.deadlineAt ? Math.max(1, Math.min(own, work.deadlineAt.getTime() - now.getTime())) : own;
}
