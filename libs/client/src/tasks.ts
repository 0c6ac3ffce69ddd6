import { eventsOf, type StreamOptions } from './event-stream';
import type { Http } from './http';
import { CLIENT_LIMITS } from './limits';
import {
  type Artifact,
  type BatchAnswer,
  type Explanation,
  hasEnded,
  type JsonValue,
  needsAttention,
  type Operation,
  type PlanDiff,
  type PlanRevision,
  type Step,
  type Task,
  type TaskEvent,
  type TaskRequest,
  type TaskState,
  type Verification,
} from './shapes';

export interface SubmitOptions {
  /** The same key with the same body gives the same task, however often it is sent. Default: a random one. */
  readonly idempotencyKey?: string;
  /** Answer when the task has ended or needs attention, at the latest after this time; by default once it is stored. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

export interface GetOptions {
  /** Answer when the task has ended or needs attention, at the latest after this time. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

export interface ListOptions {
  /** Any of these. */
  readonly state?: TaskState | readonly TaskState[];
  /** All of them must hold. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Items a page. */
  readonly limit?: number;
}

export interface CancelOptions {
  readonly reason: string;
  /** Refuse (412) if the task has moved past this revision. */
  readonly revision?: number;
}

export class Tasks {
  constructor(private readonly http: Http) {}

  /** Accepted means stored: the answer comes after the commit. A try whose answer was lost is repeated under its key. */
  submit(request: TaskRequest, options: SubmitOptions = {}): Promise<Task> {
    const key = options.idempotencyKey ?? crypto.randomUUID();
    const waitMs = options.waitMs ?? 0;
    return this.http.json('/v1/tasks', {
      method: 'POST',
      body: request,
      headers: { 'idempotency-key': key },
      query: { waitMs: waitMs || undefined },
      timeoutMs: waitMs + CLIENT_LIMITS.REQUEST_TIMEOUT_MS,
      repeatable: true,
      signal: options.signal,
    });
  }

  /** Up to 1,000 tasks; each is accepted or refused on its own, and the answers keep the order. */
  async batch(tasks: readonly TaskRequest[]): Promise<readonly BatchAnswer[]> {
    const answer = await this.http.json<{ items: readonly BatchAnswer[] }>('/v1/tasks/batch', {
      method: 'POST',
      body: { tasks },
    });
    return answer.items;
  }

  get(id: string, options: GetOptions = {}): Promise<Task> {
    const waitMs = options.waitMs ?? 0;
    return this.http.json(pathOf(id), {
      query: { waitMs: waitMs || undefined },
      timeoutMs: waitMs + CLIENT_LIMITS.REQUEST_TIMEOUT_MS,
      repeatable: true,
      signal: options.signal,
    });
  }

  /** Waits until the task has ended, needs a person, or `timeoutMs` is up; gives the task as it is then. */
  async wait(id: string, timeoutMs: number, signal?: AbortSignal): Promise<Task> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const left = Math.max(0, Math.ceil(deadline - performance.now()));
      const task = await this.get(id, { waitMs: Math.min(left, CLIENT_LIMITS.WAIT_MS), signal });
      if (hasEnded(task) || needsAttention(task) || performance.now() >= deadline) return task;
    }
  }

  /** Newest first. */
  list(options: ListOptions = {}): AsyncGenerator<Task, void, undefined> {
    const label = Object.entries(options.labels ?? {}).map(([name, value]) => `${name}=${value}`);
    return this.http.pages('/v1/tasks', { state: options.state, label, limit: options.limit });
  }

  /** In plan order; the items of a `forEach` beside their parent. */
  steps(id: string): AsyncGenerator<Step, void, undefined> {
    return this.http.pages(`${pathOf(id)}/steps`);
  }

  /** In the order they happened. */
  operations(id: string): AsyncGenerator<Operation, void, undefined> {
    return this.http.pages(`${pathOf(id)}/operations`);
  }

  artifacts(id: string): AsyncGenerator<Artifact, void, undefined> {
    return this.http.pages(`${pathOf(id)}/artifacts`);
  }

  /** What has been recorded so far; `events` goes on until the task has ended. */
  history(id: string): AsyncGenerator<TaskEvent, void, undefined> {
    return this.http.pages(`${pathOf(id)}/events`);
  }

  events(id: string, options: StreamOptions = {}): AsyncGenerator<TaskEvent, void, undefined> {
    return eventsOf(this.http, id, options);
  }

  /** Whether its history is whole, and gives its rows when it is folded. */
  verification(id: string): Promise<Verification> {
    return this.http.json(`${pathOf(id)}/verification`, { repeatable: true });
  }

  /** The plan that the task goes by, or went by as of a revision. */
  plan(id: string, { revision }: { readonly revision?: number } = {}): Promise<JsonValue> {
    return this.http.json(`${pathOf(id)}/plan`, { repeatable: true, query: { revision } });
  }

  /** What one revision of the plan changed of an earlier one, by step ids. */
  planDiff(id: string, from: number, to: number): Promise<PlanDiff> {
    return this.http.json(`${pathOf(id)}/plan/diff`, { repeatable: true, query: { from, to } });
  }

  /**
   * Puts a plan in the place of the one that the task goes by. What has begun goes on; what is new has new ids. Refused
   * (409) where another plan was first, or a step that this one rests on has moved.
   */
  revise(id: string, revision: PlanRevision): Promise<PlanDiff> {
    return this.http.json(`${pathOf(id)}/plan`, { method: 'POST', body: revision });
  }

  state(id: string): Promise<JsonValue> {
    return this.http.json(`${pathOf(id)}/state`, { repeatable: true });
  }

  explain(id: string): Promise<Explanation> {
    return this.http.json(`${pathOf(id)}/explain`, { repeatable: true });
  }

  cancel(id: string, { reason, revision }: CancelOptions): Promise<Task> {
    const headers = revision === undefined ? undefined : { 'if-match': `"${revision}"` };
    return this.http.json(`${pathOf(id)}/cancel`, { method: 'POST', body: { reason }, headers });
  }
}

const pathOf = (id: string): string => `/v1/tasks/${encodeURIComponent(id)}`;
