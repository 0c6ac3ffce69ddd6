import type { EffectClass, OperationState, TaskState } from '@muster/domain';
import type { SinkLine } from '../sink/effect-sink';

/** One submission and what its caller got to know of it. */
export interface Submission {
  readonly key: string;
  /** Of the body's text: the same key with another body has to be refused. */
  readonly bodyHash: string;
  readonly answer:
    | { readonly kind: 'accepted'; readonly status: number; readonly taskId: string }
    | { readonly kind: 'refused'; readonly status: number; readonly code: string }
    /** The connection broke: it may have been accepted or not. */
    | { readonly kind: 'none' };
}

export interface TaskRecord {
  readonly id: string;
  readonly key: string | null;
  readonly state: TaskState;
  /** Why it waits for a person, where it does. */
  readonly attention: string | null;
}

export interface StepRecord {
  readonly id: string;
  readonly taskId: string;
  readonly key: string;
  readonly state: string;
  readonly operationId: string;
}

/** An operation with its current sending. */
export interface OperationRecord {
  readonly id: string;
  readonly taskId: string;
  readonly stepId: string;
  readonly tool: string;
  readonly effect: EffectClass;
  readonly state: OperationState;
  /** How often it was intended to be sent. */
  readonly sendings: number;
  readonly requestHash: string;
  readonly resolver: string | null;
  readonly code: string | null;
  /** Artifacts it left in our own database. */
  readonly artifacts: number;
}

/** An earlier sending, or a late answer to one. */
export interface SendingRecord {
  readonly operationId: string;
  readonly sending: number;
  readonly requestHash: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly late: boolean;
}

export interface EvidenceRecord {
  readonly operationId: string | null;
  readonly kind: string;
  readonly finding: string;
}

/** What the runtime says of itself, all of it read at one moment after everything had come to rest. Ids are 32 hex digits. */
export interface DatabaseDump {
  readonly tasks: readonly TaskRecord[];
  readonly steps: readonly StepRecord[];
  readonly operations: readonly OperationRecord[];
  readonly sendings: readonly SendingRecord[];
  readonly evidence: readonly EvidenceRecord[];
}

/** Three witnesses that know nothing of each other. */
export interface Testimony {
  readonly sink: readonly SinkLine[];
  readonly submissions: readonly Submission[];
  readonly database: DatabaseDump;
}
