import type { ResolvedAgent } from '../agent/agent-contract';
import type { JsonObject, JsonValue } from '../json';
import type { StepKind } from '../lifecycle/step-kind';
import type { EffectClass, RetryPolicy } from '../tool-contract';

/** A plan as people and planners write it (docs/api.md, Plans). Its hash is over exactly this. */
export interface PlanDocument {
  readonly input?: JsonObject;
  readonly steps: readonly StepDocument[];
  readonly completion?: readonly string[];
  readonly output?: JsonValue;
}

/** What an `approval` step calls: a tool that does nothing, and not even that without a person's permit. */
export const APPROVAL = 'muster:approval';

/** The planner as an agent, and where its calls go. No registered name has a colon. */
export const PLANNER = 'muster:planner';
/** The step that makes a plan; no step of that plan may have its name. */
export const PLANNING_STEP = 'plan';
/** The place of such a step in the order of a plan: it is none of that plan's own, and stands before them. */
export const PLANNING_INDEX = -1;

/** The name of what a step calls. */
export const calleeOf = ({ tool, agent, approval }: Pick<StepDocument, 'tool' | 'agent' | 'approval'>): string =>
  tool ?? agent ?? (approval === undefined ? '' : APPROVAL);

export type OnFailure = 'fail' | 'continue' | { readonly fallback: string };

export interface StepDocument {
  readonly id: string;
  /** Of `tool`, `agent` and `approval` one. */
  readonly tool?: string;
  readonly agent?: string;
  /** A plan template, `name` or `name@version`; its steps stand here by the time a plan is held to the rules. */
  readonly skill?: string;
  /** What a person is asked; the step succeeds when the answer is yes. Its `input` is what the question is about. */
  readonly approval?: string;
  /** Nothing is sent without a person's permit for exactly this operation. */
  readonly permit?: boolean;
  readonly needs?: readonly string[];
  readonly when?: string;
  readonly forEach?: string;
  readonly as?: string;
  readonly maxParallel?: number;
  readonly input?: JsonObject;
  readonly check?: string;
  readonly onFailure?: OnFailure;
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryPolicy>;
  readonly priority?: number;
}

/** Which contract each tool name of a plan stands for, fixed when the plan was accepted. */
export type ContractPins = Readonly<Record<string, { readonly version: string; readonly hash: string }>>;

/** What is stored and hashed: the document with its pins. */
export interface PlanBody {
  readonly document: PlanDocument;
  /** The tools: its own, and those that its agents can come to call. */
  readonly pins: ContractPins;
  /** The agents, those that agents can come to call among them; left out where there are none. */
  readonly agents?: ContractPins;
  /** Indices of steps that an earlier revision had and this one has no more; left out where there are none. */
  readonly retired?: readonly number[];
  /** SHA-256 of the request that put it in the place of another plan, and of who sent it; left out where none did. */
  readonly request?: string;
}

/** A step with everything that can be known before it runs. Steps refer to each other by index, in plan order. */
export interface CompiledStep {
  readonly index: number;
  readonly key: string;
  readonly kind: StepKind;
  /** The name of the tool; of an agent step that of the agent. */
  readonly tool: string;
  readonly contractHash: string;
  readonly effect: EffectClass;
  readonly lane: string;
  readonly priority: number;
  /** Declared needs, steps named in expressions, and for a fallback the step it stands in for; sorted, no doubles. */
  readonly needs: readonly number[];
  readonly dependants: readonly number[];
  /** The steps whose outputs its own `input` template reads; a subset of `needs`. */
  readonly inputReads: readonly number[];
  /** The steps whose outputs `when` and `forEach` read; a subset of `needs`. */
  readonly gateReads: readonly number[];
  /** The steps whose outputs `check` reads; a subset of `needs`. */
  readonly checkReads: readonly number[];
  readonly when?: string;
  readonly forEach?: string;
  readonly as: string;
  readonly maxParallel?: number;
  readonly input: JsonObject;
  readonly check?: string;
  readonly onFailure: 'fail' | 'continue' | 'fallback';
  /** Index of the step to run when this one fails. */
  readonly fallback?: number;
  /** Index of the step this one stands in for. */
  readonly fallbackOf?: number;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** The verifier has to speak before this step has succeeded: `check`, or a contract that can be read back. */
  readonly needsVerdict: boolean;
  /** No operation of this step is sent without a person's permit: its own word, or its contract's. */
  readonly permit: boolean;
}

export interface CompiledPlan {
  readonly hash: string;
  readonly body: PlanBody;
  readonly steps: readonly CompiledStep[];
  readonly indexOf: ReadonlyMap<string, number>;
  /** What makes another plan of the task's goal; there where the plan was made of one. */
  readonly planner?: CompiledStep;
  /** By name; in the order of the names. */
  readonly agents: ReadonlyMap<string, ResolvedAgent>;
  readonly completion: readonly string[];
  readonly output?: JsonValue;
  /** Indices of steps whose outputs `output` reads. */
  readonly outputReads: readonly number[];
  /** Indices of steps whose outputs `completion` reads. */
  readonly completionReads: readonly number[];
}

/** The step that a row belongs to by its place: one of the plan, or what makes the next plan. */
export const stepAt = ({ steps, planner }: CompiledPlan, index: number): CompiledStep =>
  index === PLANNING_INDEX ? planner! : steps[index]!;

/** One thing wrong with a request; `pointer` is an RFC 6901 pointer from the request's body. */
export interface Problem {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}
