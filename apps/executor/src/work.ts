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
