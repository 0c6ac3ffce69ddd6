import type { CompiledPlan, JsonObject, JsonValue } from '@muster/domain';
import type { Revision, RevisionReply } from './decision';

/** A request that passed every rule, ready to become a task. `bodyHash`: SHA-256 of its canonical JSON. */
export interface Submission {
  readonly tenantId: string;
  readonly apiKeyId?: string;
  readonly idempotencyKey?: string;
  readonly bodyHash: string;
  readonly plan: CompiledPlan;
  /** What is wanted, where `plan` only makes the plan for it. */
  readonly goal?: string;
  /** The skill that was asked for, `name@version`, where one was. */
  readonly skill?: string;
  readonly input: JsonValue;
  /** Criteria beside the plan's own. */
  readonly completion: readonly string[];
  readonly invariants: readonly string[];
  readonly grants: readonly string[];
  readonly budget: JsonObject;
  readonly autonomy: 'workflow' | 'supervised' | 'agent';
  readonly priority: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly deadlineAt?: Date;
  readonly webhookUrl?: string;
}

/** `existing`: the same key with the same body came before. `other-body`: the key is taken by another request. */
export type SubmitAnswer =
  | { readonly kind: 'accepted' | 'existing'; readonly taskId: string }
  | { readonly kind: 'other-body'; readonly taskId: string };

export interface CancelRequest {
  readonly tenantId: string;
  readonly taskId: string;
  readonly reason: string;
  /** From If-Match; absent: whatever the revision is. */
  readonly expectedRevision?: number;
}
export type CancelAnswer = { readonly kind: 'cancelling' | 'already-ended' | 'stale-revision' | 'not-found' };

export interface ResolveRequest {
  readonly tenantId: string;
  readonly operationId: string;
  readonly outcome: 'happened' | 'absent';
  readonly output?: JsonValue;
  readonly evidence: JsonValue;
  readonly reason: string;
  readonly apiKeyId?: string;
}
/** `not-open`: the operation is not parked (already resolved, settled, in flight, or its task has ended). */
export type ResolveAnswer = {
  readonly kind: 'resolved' | 'not-open' | 'not-found';
  readonly taskId?: string;
  readonly state?: string;
};

export interface PermitRequest {
  readonly tenantId: string;
  readonly permitId: string;
  readonly verdict: 'granted' | 'denied';
  readonly reason: string;
  readonly apiKeyId: string;
  readonly expiresInMs: number;
}
/** `own-request`: nobody gives a permit for what was asked for under the same key. `not-open`: somebody has decided, or nobody waits any more. */
export type PermitAnswer = { readonly kind: 'decided' | 'not-open' | 'own-request' | 'not-found' };

/**
 * What is known of a task that is waited for: it goes on; it has ended or needs a person; or whoever wants to know has to
 * look, since another coordinator may have moved it, or time is up.
 */
export type News = 'goes-on' | 'at-rest' | 'unknown';

/** What the doors (HTTP, intake) may ask of the lifecycle. Implemented by LifecycleService. */
export abstract class Lifecycle {
  /** Answers after the commit; no queue call is on this path. Rejects with DatabaseUnavailable while Postgres is away. */
  abstract submit(submission: Submission): Promise<SubmitAnswer>;
  abstract cancel(request: CancelRequest): Promise<CancelAnswer>;
  abstract resolve(request: ResolveRequest): Promise<ResolveAnswer>;
  /** The task is there, and its tenant's. Undefined: it has ended. */
  abstract revise(taskId: string, revision: Revision): Promise<RevisionReply | undefined>;
  abstract decidePermit(request: PermitRequest): Promise<PermitAnswer>;
  /**
   * Resolves when this task has new events or when `ms` have passed. Woken by commits of this process at once, by those
   * of others within TASK_NEWS_POLL_MS.
   */
  abstract news(taskId: string, ms: number, signal?: AbortSignal): Promise<News>;
}
