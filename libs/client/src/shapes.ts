import type {
  EffectClass,
  JsonObject,
  JsonValue,
  OperationState,
  PlanDocument,
  StepState as StoredStepState,
  TaskState,
  ToolContract,
} from '@muster/domain';

export type {
  AgentContract,
  EffectClass,
  FunctionCall,
  JsonObject,
  JsonValue,
  NothingDone,
  OperationState,
  PlanDocument,
  StepDocument,
  TaskState,
  ToolContract,
  ToolFunction,
  ToolFunctions,
} from '@muster/domain';

/** A step's state as the API shows it: `executing` is `dispatched` with an operation sent. */
export type StepState = StoredStepState | 'executing';

/** Said again here, and held against the lifecycle table by a test: this library depends on nothing at run time. */
export const TERMINAL_TASK_STATES = ['completed', 'failed', 'cancelled'] as const satisfies readonly TaskState[];

export const hasEnded = (task: Pick<Task, 'state'>): boolean =>
  (TERMINAL_TASK_STATES as readonly TaskState[]).includes(task.state);

/** Something that is so about a task or a step, beside its state. */
export interface Condition {
  readonly type: string;
  readonly status: boolean | 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly since?: string;
}

/** The condition of this type, where it holds. */
export function conditionOf(
  carrier: { readonly conditions?: readonly Condition[] },
  type: string,
): Condition | undefined {
  return carrier.conditions?.find((one) => one.type === type && (one.status === true || one.status === 'True'));
}

export const needsAttention = (task: Pick<Task, 'conditions'>): boolean =>
  conditionOf(task, 'NeedsAttention') !== undefined;

export interface FailureTraceEntry {
  readonly operationId: string;
  readonly tool: string;
  readonly attempt: number;
  readonly state: string;
  readonly startedAt?: string;
  readonly durationMs?: number;
  readonly code?: string;
}

export interface Failure {
  readonly status?: string;
  readonly exitReason?: string;
  readonly retryClass?: string;
  readonly message?: string;
  readonly stepId?: string;
  readonly operationId?: string;
  readonly attempts?: Readonly<Record<string, number>>;
  readonly trace?: readonly FailureTraceEntry[];
}

export interface StandingEffect {
  readonly operationId: string;
  readonly tool: string;
  readonly state: OperationState;
}

/** What a task may spend, and what it has spent; times in milliseconds. */
export interface Budget {
  readonly limit?: Readonly<Record<string, number>>;
  readonly used?: Readonly<Record<string, number>>;
}

export interface Task {
  readonly id: string;
  readonly state: TaskState;
  readonly revision: number;
  readonly goal?: string;
  readonly skill?: string;
  readonly input?: JsonValue;
  readonly output?: JsonValue;
  readonly failure?: Failure;
  readonly conditions: readonly Condition[];
  readonly counts: Readonly<Partial<Record<StepState, number>>>;
  readonly budget?: Budget;
  readonly planRevision?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly standingEffects?: readonly StandingEffect[];
  readonly createdAt: string;
  readonly finishedAt?: string;
  readonly links?: Readonly<Record<string, string>>;
}

export interface Step {
  readonly id: string;
  /** Its id in the plan; `tell[3]` for the fourth item of a `forEach`. */
  readonly key: string;
  /** What it calls; every call of an agent is a step as well, `work/2` for the second one of `work`. */
  readonly kind?: 'tool' | 'agent' | 'model';
  readonly state: StepState;
  readonly tool?: string;
  readonly agent?: string;
  /** Of a call of an agent: what its model asked for. */
  readonly call?: JsonValue;
  /** Of an agent and its calls: what was used. */
  readonly used?: Readonly<Record<string, number>>;
  readonly needs?: readonly string[];
  /** Attempts for each retry class. */
  readonly attempts?: Readonly<Record<string, number>>;
  readonly operationId?: string;
  readonly output?: JsonValue;
  readonly failure?: Failure;
  readonly conditions?: readonly Condition[];
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

export interface Evidence {
  readonly kind: string;
  readonly at: string;
  readonly data?: JsonValue;
}

export interface Operation {
  readonly id: string;
  readonly taskId: string;
  readonly stepKey: string;
  readonly tool: string;
  readonly effect: EffectClass;
  readonly state: OperationState;
  /** How often it was sent; every sending carries the same id and the same bytes. */
  readonly sendings: number;
  readonly requestHash: string;
  readonly responseHash?: string;
  readonly output?: JsonValue;
  readonly evidence: readonly Evidence[];
  readonly firstSentAt?: string;
  readonly settledAt?: string;
}

/** One line of a task's history; `hash` chains it to the line before. */
export interface TaskEvent {
  readonly seq: number;
  readonly type: string;
  readonly at: string;
  readonly data?: JsonValue;
  readonly hash: string;
}

export interface Worker {
  readonly id: string;
  readonly service: string;
  readonly pid: number;
  readonly host: string;
  readonly state: string;
  readonly startedAt?: string;
  readonly lastJobAt?: string | null;
}

export interface Breaker {
  readonly tool: string;
  readonly state: string;
  readonly [more: string]: unknown;
}

export interface Queue {
  readonly name: string;
  readonly [more: string]: unknown;
}

/** Bytes that came of a task, named by their hash. */
export interface Artifact {
  readonly [more: string]: unknown;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | null;
}

/** The body of `POST /v1/tasks`: exactly one of `goal`, `plan` and `skill`. */
export interface TaskRequest {
  readonly goal?: string;
  readonly plan?: PlanDocument;
  readonly skill?: string;
  /** Of a goal: how its plan divides the work. */
  readonly strategy?:
    | 'chaining'
    | 'routing'
    | 'sectioning'
    | 'voting'
    | 'orchestrator-workers'
    | 'evaluator-optimizer'
    | 'single';
  readonly input?: JsonObject;
  readonly completion?: readonly string[];
  readonly invariants?: readonly string[];
  readonly grants?: readonly string[];
  readonly budget?: Readonly<Record<string, number>>;
  readonly deadlineAt?: string;
  readonly priority?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly autonomy?: 'workflow' | 'supervised' | 'agent';
  readonly webhookUrl?: string;
}

/** One answer of a batch, in the order of the requests. */
export type BatchAnswer =
  | { readonly status: number; readonly task: Task }
  | { readonly status: number; readonly problem: ProblemDocument };

export interface PlanCheck {
  readonly problems: readonly InputProblem[];
  readonly effects: readonly StepEffect[];
  /** Calls that wait for a person, and whose word that is. */
  readonly permits: readonly {
    readonly step: string;
    readonly tool: string;
    readonly because: 'approval' | 'step' | 'contract';
  }[];
  /** The most that it can come to. */
  readonly budget: Readonly<Record<string, number>>;
  /** A Mermaid flow chart. */
  readonly mermaid: string;
}

/** What a step does to the world, and what becomes of a call of which nobody knows whether it was done. */
export interface StepEffect {
  readonly step: string;
  /** Of an agent's step: one of the tools that it may come to call. */
  readonly tool: string;
  readonly effect: EffectClass;
  readonly retry: string;
}

/** A plan in the place of the one that a task goes by. */
export interface PlanRevision {
  readonly plan: PlanDocument;
  /** The revision that it was made from. */
  readonly replaces: number;
  /** Steps that it rests on, each in the state in which it was seen. */
  readonly cites?: Readonly<Record<string, StepState>>;
}

/** What one revision of a plan changed of an earlier one, by step ids in plan order. */
export interface PlanDiff {
  readonly from: number;
  readonly to: number;
  readonly kept: readonly string[];
  readonly added: readonly string[];
  readonly dropped: readonly string[];
}

/** `used`: it released its operation. `expired`: nothing was sent in its time. `void`: the task ended before anybody decided. */
export type PermitState = 'pending' | 'granted' | 'used' | 'expired' | 'denied' | 'void';

/** A person's single-use approval of one exact operation. */
export interface Permit {
  readonly id: string;
  readonly taskId: string;
  readonly stepKey: string;
  readonly operationId: string;
  readonly tool: string;
  readonly state: PermitState;
  /** SHA-256 of the bytes that it releases, hex. */
  readonly requestHash: string;
  /** What is to be sent, where it is JSON. */
  readonly request?: JsonValue;
  readonly requestedAt: string;
  readonly decidedAt?: string;
  readonly decidedBy?: string;
  readonly reason?: string;
  readonly expiresAt?: string;
}

/** A person's word on a parked operation. */
export interface Resolution {
  readonly outcome: 'happened' | 'absent';
  readonly output?: JsonValue;
  readonly evidence: JsonObject;
  readonly reason: string;
}

/** One thing wrong with a request; `pointer` (RFC 6901) leads from the request's body to it. */
export interface InputProblem {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** `application/problem+json` (RFC 9457) as Muster writes it. */
export interface ProblemDocument {
  readonly type?: string;
  readonly title?: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  readonly code?: string;
  readonly requestId?: string;
  readonly retryable?: boolean;
  readonly errors?: readonly InputProblem[];
}

/** Why a task is not moving, what moves it, whether a retry is safe, and what a person can do. */
export interface Explanation {
  readonly [more: string]: unknown;
}

/** Whether the runtime is well, down to the invariants of its tables. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly checkedAt: string;
  readonly database: Finding & { readonly latencyMs?: number };
  readonly queue: Finding & { readonly backend: string; readonly queues: readonly Queue[] };
  readonly workers: Finding & { readonly services: readonly ServiceFinding[] };
  readonly invariants: readonly InvariantFinding[];
}

export interface Finding {
  readonly ok: boolean;
  readonly message: string;
}

export interface ServiceFinding {
  readonly service: string;
  /** Without it no task moves. */
  readonly required: boolean;
  readonly ready: number;
  readonly pids: readonly number[];
}

export interface InvariantFinding {
  readonly name: string;
  readonly promise: string;
  /** False where the time for it was up. */
  readonly checked: boolean;
  /** Rows that break it, counted up to 5. */
  readonly breaches: number;
  /** Those rows, as far as the query names them. */
  readonly rows?: readonly Readonly<Record<string, JsonValue>>[];
  /** What a person can do, where it is broken. */
  readonly remedy?: string;
}

/** A task's history, chained and folded anew and held against its rows. */
export interface Verification {
  readonly taskId: string;
  readonly state: TaskState;
  readonly ok: boolean;
  /** Events in order, up to the first that is not. */
  readonly events: number;
  readonly steps: number;
  /** The first wrong line first. */
  readonly wrong: readonly { readonly seq: number; readonly reason: string }[];
}

export interface Readiness {
  readonly ready: boolean;
  readonly status: number;
  readonly body: JsonValue;
}

export type { SkillContract as Skill } from '@muster/domain';
export type { ToolContract as Tool };
