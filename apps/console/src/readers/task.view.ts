import type { JsonObject } from '@muster/domain';

export interface TaskRow {
  readonly id: string;
  readonly state: string;
  readonly revision: number;
  readonly withdrawal: string | null;
  readonly goal: string | null;
  readonly input: string;
  readonly output: string | null;
  readonly failure: string | null;
  readonly conditions: string;
  readonly labels: JsonObject;
  readonly priority: number;
  readonly plan_revision: number;
  readonly plan_hash: string | null;
  readonly steps_total: number;
  readonly open_steps: number;
  readonly step_counts: string;
  readonly tool_calls: number;
  readonly event_seq: number;
  readonly deadline_at: Date | null;
  readonly due_at: Date | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

export interface StepRow {
  readonly id: string;
  readonly key: string;
  readonly plan_index: number;
  readonly place: string;
  readonly parent_id: string | null;
  readonly tool: string;
  readonly lane: string;
  readonly state: string;
  readonly epoch: number;
  readonly waiting_on: number;
  readonly condition: string;
  readonly attempts: string;
  readonly failure: string | null;
  readonly operation_id: string;
  readonly due_at: Date | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

export interface OperationRow {
  readonly id: string;
  readonly step_id: string;
  readonly tool: string;
  readonly effect: string;
  readonly state: string;
  /** The number of the current sending. */
  readonly sending: number;
  readonly doubt: number;
  readonly releases: number;
  readonly epoch: number;
  readonly worker_id: string;
  readonly resolver: string | null;
  readonly code: string | null;
  readonly message: string | null;
  /** The beginning only; `request_size` says how long it is. */
  readonly request: Uint8Array;
  readonly request_size: number;
  readonly response: Uint8Array | null;
  readonly response_size: number | null;
  readonly request_hash: string;
  readonly first_sent_at: Date;
  readonly sent_at: Date;
  readonly ended_at: Date | null;
  readonly settled_at: Date | null;
}

export interface SendingRow {
  readonly operation_id: string;
  readonly sending: number;
  readonly worker_id: string;
  readonly epoch: number;
  readonly outcome: string;
  readonly code: string | null;
  readonly sent_at: Date;
  readonly ended_at: Date | null;
  readonly late: boolean;
}

export interface EvidenceRow {
  readonly id: string;
  readonly step_id: string | null;
  readonly operation_id: string | null;
  readonly kind: string;
  readonly began_at: Date;
  readonly at: Date;
  readonly finding: string;
  readonly detail: string;
  readonly body: Uint8Array | null;
}

export interface VerdictRow {
  readonly id: string;
  readonly step_id: string | null;
  readonly round: number;
  readonly passed: boolean;
  readonly code: string;
  readonly message: string;
  readonly findings: string;
  readonly at: Date;
}

export interface EventRow {
  readonly seq: number;
  readonly type: string;
  readonly at: Date;
  readonly data: string;
}

/** One task as its page shows it: the task, one page of its steps with their history, and its newest events. */
export interface TaskView {
  readonly task: TaskRow;
  readonly counts: ReadonlyMap<string, number>;
  readonly steps: readonly StepRow[];
  readonly next?: { readonly planIndex: number; readonly place: string };
  readonly operations: readonly OperationRow[];
  readonly sendings: readonly SendingRow[];
  readonly evidence: readonly EvidenceRow[];
  readonly verdicts: readonly VerdictRow[];
  readonly events: readonly EventRow[];
}
