import type {
  CompiledPlan,
  EventRow,
  PlanDocument,
  Problem,
  ResolvedAgent,
  ResolvedContract,
  StepState,
} from '@muster/domain';
import type { StepRow, TaskRow } from './snapshot';

/** Something that makes the coordinator look at a task. A look carries no truth: whatever is found is folded. */
export type Input =
  | { readonly kind: 'look'; readonly stepId: string }
  | { readonly kind: 'look-task' }
  | { readonly kind: 'cancel'; readonly reason: string; readonly expectedRevision?: number }
  | { readonly kind: 'resolve'; readonly resolution: Resolution }
  | { readonly kind: 'permit'; readonly word: PermitWord }
  | { readonly kind: 'revise'; readonly revision: Revision };

/** A person's decision on a permit that a step waits for. */
export interface PermitWord {
  readonly permitId: string;
  readonly stepId: string;
  readonly verdict: 'granted' | 'denied';
  readonly reason: string;
  /** The API key of whoever says so. */
  readonly by: string;
  /** How long the operation may first be sent, for `granted`. */
  readonly expiresInMs: number;
}

export interface Resolution {
  readonly operationId: string;
  readonly stepId: string;
  readonly outcome: 'happened' | 'absent';
  readonly output: Buffer;
  readonly outputHash: string;
  readonly evidence: string;
  readonly reason: string;
  readonly evidenceId: string;
}

/** A plan that is to take the place of the one that a task goes by. */
export interface Revision {
  readonly document: PlanDocument;
  /** The revision that its author saw. */
  readonly replaces: number;
  /** Steps that it rests on, in the states in which its author saw them. */
  readonly cites: Readonly<Record<string, StepState>>;
  readonly by: string;
  /** SHA-256 of the plan as it was sent, and of who sent it: the same again is answered as the first time. */
  readonly request: string;
  /** What the task may call, and what those names stand for now. */
  readonly grants: readonly string[];
  readonly tools: ReadonlyMap<string, ResolvedContract>;
  readonly agents: ReadonlyMap<string, ResolvedAgent>;
}

/** The answer to an input that somebody waits for. */
export type Reply = Word | RevisionReply;
export type Word = 'done' | 'already-ended' | 'stale-revision' | 'not-open';

export type RevisionReply =
  | { readonly kind: 'revised'; readonly revision: number }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }
  /** Another plan was first, or a step that this one rests on has moved. */
  | { readonly kind: 'stale'; readonly reason: string };

/** Facts the decision cannot do without and the snapshot does not hold; the caller loads them and decides again. */
export interface Wants {
  /** Plan indices whose outputs an expression reads. */
  readonly outputs: readonly number[];
  /** Plan indices whose steps join a run. */
  readonly members: readonly number[];
  readonly steps: readonly string[];
  /** Everything behind these steps. */
  readonly closures: readonly string[];
  /** `forEach` steps whose next items wait for a slot. */
  readonly items: readonly string[];
  /** Agents whose calls are to be looked through. */
  readonly agents: readonly string[];
}

/** A conclusion about an operation: guarded by the state and sending it was drawn from. */
export interface Conclusion {
  readonly stepId: string;
  readonly id: string;
  readonly fromState: string;
  readonly fromSending: number;
  readonly state: 'unknown' | 'absent' | 'succeeded';
  readonly resolver: string;
  readonly code: string | null;
  readonly message: string | null;
  /** A person's word: one more sending. */
  readonly release?: boolean;
  /** For `succeeded`: where the response comes from. */
  readonly response?:
    | { readonly evidenceId: string }
    | { readonly sending: number }
    | { readonly bytes: Buffer; readonly hash: string };
  readonly evidence?: { readonly id: string; readonly finding: string; readonly detail: string };
}

/** What becomes of a permit: it is asked for, about the bytes of the step's refused claim, or decided on. */
export type PermitChange =
  | { readonly id: string; readonly step: StepRow; readonly state: 'pending' }
  | {
      readonly id: string;
      readonly state: 'granted' | 'denied';
      readonly by: string;
      readonly reason: string;
      readonly expiresInMs: number | null;
    };

/** Who is to be woken after the commit. */
export type Ring =
  | {
      readonly to: 'executor';
      readonly lane: string;
      readonly priority: number;
      readonly ring: number;
      readonly run: readonly { readonly id: string; readonly epoch: number }[];
    }
  | { readonly to: 'verifier'; readonly step: { readonly id: string; readonly epoch: number } }
  | { readonly to: 'verifier'; readonly operation: string }
  | { readonly to: 'verifier'; readonly task: { readonly id: string; readonly round: number } };

/** A new step row: a step of a new plan, an item of a `forEach`, or a call of an agent. `item`: what it is for, as JSON. */
export interface NewItem {
  readonly row: StepRow;
  readonly item: string | null;
}

/** One final image per row, the events that tell of it, and whom to wake. `before` is the revision it was drawn from. */
export interface Decision {
  readonly before: TaskRow;
  readonly task: TaskRow;
  readonly steps: readonly StepRow[];
  readonly items: readonly NewItem[];
  /** The plan that the task goes by from here on; its steps are among `items`. */
  readonly plan?: CompiledPlan;
  /** Steps that others wait for from here on. */
  readonly relinked: ReadonlySet<string>;
  readonly conclusions: readonly Conclusion[];
  readonly permits: readonly PermitChange[];
  readonly events: readonly EventRow[];
  readonly rings: readonly Ring[];
  /** Closes every step that has not ended: for a withdrawn task, in one set-based move. */
  readonly closeSteps: boolean;
  /** The task was withdrawn here: executors must let go of its calls, and the fence rises under the strongest lock. */
  readonly withdraws: boolean;
  /** Look at these again right after the commit. */
  readonly followUps: readonly Input[];
  readonly replies: readonly Reply[];
}

export type Outcome =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | { readonly kind: 'unchanged'; readonly replies: readonly Reply[] }
  | { readonly kind: 'wants'; readonly wants: Wants };
