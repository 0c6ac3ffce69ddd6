import type { StepAtEpoch } from '@muster/contracts';
import {
  type AgentCall,
  CONTRACT_DEFAULTS,
  type CompiledStep,
  compiledCall,
  isCallKey,
  type JsonValue,
  LIMITS,
  type RequestedCall,
  type ResolvedContract,
  type Scope,
  stepAt,
} from '@muster/domain';
import type { KnownPlan } from '@muster/persistence';
import { type ContextFacts, contextBytes } from './agents/context';
import { type CalledWith, type CallRow, calledWith, givenInput, type Siblings } from './agents/sub-plan-input';
import { inputProblem, type RequestBytes, renderedInput } from './input';

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
  /** Of a call of an agent: what it is called with. */
  readonly given?: Given;
  /** The bytes of an earlier sending: a resend carries exactly these. */
  readonly sentBefore?: Buffer;
  readonly deadlineAt?: Date;
}

export type Given =
  | ({ readonly kind: 'input' } & CalledWith)
  | { readonly kind: 'context'; readonly context: ContextFacts };

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
  readonly parent_id: string | null;
  readonly item_index: number | null;
  readonly plan_index: number;
  readonly item: string | null;
  readonly state: string;
  readonly epoch: number;
  readonly operation_id: string;
  readonly contract_hash: string;
  readonly plan_hash: string;
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

/** What an agent called a tool with, where the step is such a call. */
export function calledToolOf({ step_id: stepId, key, item }: PreparedRow): CallRow[] {
  const call = isCallKey(key) ? (JSON.parse(item!) as AgentCall) : undefined;
  return call?.kind === 'tool' ? [{ stepId, call }] : [];
}

/** What a call of an agent needs beside its own row: of a model call its context, of a step of a sub-plan its siblings. */
export interface CallFacts {
  readonly context?: ContextFacts;
  readonly siblings?: Siblings;
}

export function workOf(row: PreparedRow, { plan, contracts }: KnownPlan, facts: CallFacts = {}): StepWork {
  const contract = contracts.get(row.contract_hash)!;
  const planned = stepAt(plan, row.plan_index);
  return {
    stepId: row.step_id,
    taskId: row.task_id,
    tenantId: row.tenant_id,
    key: row.key,
    epoch: row.epoch,
    operationId: row.operation_id,
    step: isCallKey(row.key) ? compiledCall(planned, contract) : planned,
    contract,
    ...givenTo(row, facts),
    ...(row.request === null ? {} : { sentBefore: row.request }),
    ...(row.deadline_at ? { deadlineAt: row.deadline_at } : {}),
  };
}

function givenTo({ key, item }: PreparedRow, { context, siblings }: CallFacts): Pick<StepWork, 'item' | 'given'> {
  if (item === null) return {};
  const value = JSON.parse(item) as JsonValue;
  if (!isCallKey(key)) return { item: value };
  if (context) return { given: { kind: 'context', context } };
  return { given: { kind: 'input', ...calledWith(value as unknown as RequestedCall, siblings) } };
}

/** What a step's call is made with, held against the contract. Pure: the same plan and records give the same bytes. */
export function requestOf(work: StepWork, scope: Scope): RequestBytes {
  if (work.sentBefore) return { ok: true, bytes: work.sentBefore };
  if (work.given?.kind === 'context') return contextBytes(work.given.context, scope);
  const input = work.given ? givenInput(work.given) : inputOf(work, scope);
  if (!input.ok) return input;
  const problem = inputProblem(input.value, work.contract);
  return problem ?? bytesOf(JSON.stringify(input.value));
}

function inputOf({ step, item }: StepWork, scope: Scope) {
  const named = step.forEach === undefined ? scope : { ...scope, [step.as]: item };
  return renderedInput(step.input, named);
}

function bytesOf(text: string): RequestBytes {
  const bytes = Buffer.from(text);
  if (bytes.length <= LIMITS.ARTIFACT_BYTES_MAX) return { ok: true, bytes };
  return { ok: false, code: 'input_too_large', message: `The input has ${bytes.length} bytes.` };
}

/** How long a call may take: the step's time, and never beyond the task's deadline. */
export function timeoutOf(work: StepWork, now: Date): number {
  const own = work.step.timeoutMs ?? work.contract.timeoutMs ?? CONTRACT_DEFAULTS.timeoutMs;
  return work.deadlineAt ? Math.max(1, Math.min(own, work.deadlineAt.getTime() - now.getTime())) : own;
}
