import type {
  AgentCall,
  CompiledPlan,
  JsonValue,
  OperationState,
  ResolvedContract,
  StepCondition,
  StepKind,
  StepState,
  TaskState,
} from '@muster/domain';

/** How many steps of a task are in each state. */
export type StepCounts = Readonly<Partial<Record<StepState, number>>>;

/** Times are milliseconds since 1970 on the database's clock. */
export type Moment = number;

export interface TaskConditionRow {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
  readonly since: string;
  /** How many steps are parked; kept only for `NeedsAttention`. */
  readonly steps?: number;
}

/** The failure record of docs/api.md, Tasks. */
export interface FailureRecord {
  readonly status: 'failed';
  readonly exitReason: string;
  readonly retryClass: string;
  readonly message: string;
  readonly stepId?: string;
  readonly operationId?: string;
  readonly attempts: Readonly<Record<string, number>>;
  readonly trace: readonly TraceLine[];
}

export interface TraceLine {
  readonly operationId: string;
  readonly tool: string;
  readonly attempt: number;
  readonly state: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly code?: string;
}

export interface TaskRow {
  readonly id: string;
  readonly tenantId: string;
  readonly state: TaskState;
  readonly revision: number;
  readonly fence: number;
  readonly withdrawal: 'cancel' | 'deadline' | null;
  readonly withdrawnAt: Moment | null;
  readonly eventSeq: number;
  readonly eventHash: string;
  readonly planRevision: number;
  readonly planHash: string;
  readonly stepsTotal: number;
  readonly openSteps: number;
  /** Steps by state; states that none is in are left out. */
  readonly stepCounts: StepCounts;
  readonly toolCalls: number;
  readonly modelCalls: number;
  readonly tokens: number;
  readonly costMicros: number;
  readonly input: JsonValue;
  readonly criteriaCount: number;
  readonly autonomy: 'workflow' | 'supervised' | 'agent';
  readonly budget: Readonly<Record<string, number>>;
  readonly priority: number;
  readonly output: string | null;
  readonly failure: FailureRecord | null;
  readonly conditions: readonly TaskConditionRow[];
  readonly verdictId: string | null;
  readonly deadlineAt: Moment | null;
  readonly dueAt: Moment | null;
  readonly finishedAt: Moment | null;
}

export interface StepRow {
  readonly id: string;
  readonly taskId: string;
  readonly key: string;
  readonly planIndex: number;
  readonly itemIndex: number | null;
  readonly parentId: string | null;
  readonly planRevision: number;
  readonly kind: StepKind;
  readonly place: string;
  readonly tool: string;
  readonly contractHash: string;
  readonly lane: string;
  readonly priority: number;
  /** No operation of it is sent without a person's permit. */
  readonly permit: boolean;
  readonly state: StepState;
  readonly epoch: number;
  readonly rings: number;
  readonly waitingOn: number;
  readonly needs: readonly string[];
  readonly dependants: readonly string[];
  readonly afterStep: string | null;
  readonly operationId: string;
  readonly condition: StepCondition;
  readonly attempts: Readonly<Record<string, number>>;
  readonly failure: FailureRecord | null;
  /** Of a call of an agent: what it is for. */
  readonly call: AgentCall | null;
  /** Of an agent and its calls: used and reserved. */
  readonly spent: Partial<Spending>;
  readonly dueAt: Moment | null;
  readonly startedAt: Moment | null;
  readonly finishedAt: Moment | null;
}

export interface OperationRow {
  readonly id: string;
  readonly stepId: string;
  readonly tool: string;
  readonly effect: 'none' | 'transactional' | 'keyed' | 'probed' | 'opaque';
  readonly state: OperationState;
  readonly sending: number;
  readonly doubt: number;
  readonly releases: number;
  readonly epoch: number;
  readonly workerId: string;
  readonly outputValid: boolean | null;
  readonly resolver: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly retryAfter: Moment | null;
  readonly firstSentAt: Moment;
  readonly sentAt: Moment;
  readonly endedAt: Moment | null;
  readonly settledAt: Moment | null;
}

/** An earlier sending, or (`late`) an answer that came after the operation had moved on. */
export interface SendingRow {
  readonly operationId: string;
  readonly sending: number;
  readonly workerId: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly sentAt: Moment;
  readonly endedAt: Moment | null;
  readonly late: boolean;
}

export interface WorkerRow {
  readonly id: string;
  readonly state: string;
  readonly leasedUntil: Moment;
  readonly lockMissedAt: Moment | null;
  readonly endedAt: Moment | null;
}

export interface RefusalRow {
  readonly stepId: string;
  readonly code: string;
  readonly message: string;
}

export interface VerdictRow {
  readonly id: string;
  readonly stepId: string | null;
  readonly passed: boolean;
  readonly code: string;
  readonly message: string;
}

export interface ProbeRow {
  readonly id: string;
  readonly operationId: string;
  readonly beganAt: Moment;
  readonly finding: 'happened' | 'absent' | 'inconclusive';
}

export interface StepOutput {
  readonly state: StepState;
  readonly output: JsonValue;
  readonly outputs?: readonly JsonValue[];
}

/** What was used, and what is reserved until it is known. Calls are counted by sendings, costs in millionths of a dollar. */
export interface Spending {
  readonly modelCalls: number;
  readonly toolCalls: number;
  readonly tokens: number;
  readonly costMicros: number;
}

/** A call of an agent, with what the ledger has of it. */
export interface CallFacts {
  readonly id: string;
  readonly key: string;
  readonly kind: StepKind;
  readonly contractHash: string;
  readonly state: StepState;
  readonly call: AgentCall;
  readonly exitReason?: string;
  /** SHA-256 of what a tool answered, or of the final answer of an agent. */
  readonly resultHash?: string;
  readonly sentAt?: Moment;
}

/** Everything that an agent has called so far, in order. */
export interface AgentFacts {
  readonly calls: readonly CallFacts[];
  /** What the last model call was answered, as recorded; null while it is not. */
  readonly answer: string | null;
  /** When an effect of the task was last seen to be there; the end of time while one is under way or in doubt. */
  readonly lastEffectAt: Moment | null;
}

/** What the coordinator knows of one task at one moment; read in one statement, without locks. */
export interface Snapshot {
  readonly now: Moment;
  readonly task: TaskRow;
  readonly plan: CompiledPlan;
  /** By hash; every contract the plan pins. */
  readonly contracts: ReadonlyMap<string, ResolvedContract>;
  readonly steps: ReadonlyMap<string, StepRow>;
  /** By step id. */
  readonly operations: ReadonlyMap<string, OperationRow>;
  readonly sendings: readonly SendingRow[];
  readonly workers: ReadonlyMap<string, WorkerRow>;
  /** By step id, at the step's epoch. */
  readonly refusals: ReadonlyMap<string, RefusalRow>;
  /** By step id, for the step's epoch as round. */
  readonly verdicts: ReadonlyMap<string, VerdictRow>;
  readonly taskVerdict?: VerdictRow;
  readonly probes: readonly ProbeRow[];
  /** By index in the plan; only what was asked for. */
  readonly outputs: ReadonlyMap<number, StepOutput>;
  /** Items of `forEach` steps that wait for a slot, in order; only what was asked for. */
  readonly nextItems: ReadonlyMap<string, readonly string[]>;
  /** By the agent's step; only what was asked for. */
  readonly agents: ReadonlyMap<string, AgentFacts>;
  /** Step ids by plan index, of steps that are no items; only of what is loaded. */
  readonly atIndex: ReadonlyMap<number, string>;
  /** Operations still `sent`; loaded for withdrawn tasks only. */
  readonly sentOperations: readonly OperationRow[];
}

export interface ModelPrices {
  readonly inputPerMillion: number;
  readonly outputPerMillion: number;
}

/** What the runtime's bounds are at this moment. */
export interface Surroundings {
  /** How many more steps of this tenant may be dispatched. */
  readonly room: number;
  readonly leaseTtlMs: number;
  readonly workerLostGraceMs: number;
  /** Of models by their configured names, in US dollars for a million tokens. */
  readonly prices: Readonly<Record<string, ModelPrices | undefined>>;
  /** Ids for rows that a decision makes: the one thing that it cannot calculate. */
  newId(): string;
}
