import { Clock } from '@muster/chassis';
import { type CompiledPlan, hashJson, type JsonObject } from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Lifecycle, type Submission } from '../../lifecycle/lifecycle.port';
import type { Caller } from '../access/caller';
import { HttpProblem } from '../problems/problem';
import type { OpenedTask } from '../skills/skill.shelf';
import { PlanJudge } from './plan.judge';
import { StandingContracts } from './standing.contracts';

/** A task that was made right now, or, without `isNew`, the one that the same key already made. */
export interface Accepted {
  readonly taskId: string;
  readonly isNew: boolean;
}

/** Takes the body of a task to its acceptance: every rule first, then one commit. */
@Injectable()
export class TaskIntake {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly judge: PlanJudge,
    private readonly standing: StandingContracts,
    private readonly clock: Clock,
  ) {}

  /** Throws the problem that refuses it. */
  async submit(caller: Caller, body: JsonObject, idempotencyKey?: string): Promise<Accepted> {
    const { tenantId } = caller;
    const judged = (opened: OpenedTask) => this.judge.judged(tenantId, opened);
    const { seen, opened } = await this.standing.under(tenantId, body, judged);
    const submission = submissionOf(caller, body, seen, this.clock.now(), idempotencyKey);
    const answer = await this.lifecycle.submit({ ...submission, skill: opened.skill });
    if (answer.kind === 'other-body') throw keyReused();
    return { taskId: answer.taskId, isNew: answer.kind === 'accepted' };
  }
}

const PRIORITY_DEFAULT = 5;

// The rules have passed, so that every field has the type its shape declares.
interface SoundBody {
  readonly goal?: string;
  readonly input?: Submission['input'];
  readonly completion?: string[];
  readonly invariants?: string[];
  readonly grants?: string[];
  readonly budget?: JsonObject;
  readonly autonomy?: Submission['autonomy'];
  readonly priority?: number;
  readonly labels?: Record<string, string>;
  readonly deadlineAt?: string;
}

function submissionOf(
  caller: Caller,
  body: JsonObject,
  plan: CompiledPlan,
  now: Date,
  idempotencyKey?: string,
): Submission {
  const sound = body as unknown as SoundBody;
  return {
    tenantId: caller.tenantId,
    apiKeyId: caller.keyId,
    idempotencyKey,
    bodyHash: hashJson(body),
    plan,
    goal: sound.goal,
    input: sound.input ?? null,
    completion: sound.completion ?? [],
    invariants: sound.invariants ?? [],
    grants: sound.grants ?? [...Object.keys(plan.body.pins), ...plan.agents.keys()],
    budget: sound.budget ?? {},
    autonomy: sound.autonomy ?? 'workflow',
    priority: sound.priority ?? PRIORITY_DEFAULT,
    labels: sound.labels ?? {},
    deadlineAt: deadlineOf(sound, now),
  };
}

/** A budget of time is a deadline; the earlier of the two holds. */
function deadlineOf({ deadlineAt, budget }: SoundBody, now: Date): Date | undefined {
  const ends = [
    ...(deadlineAt === undefined ? [] : [Date.parse(deadlineAt)]),
    ...(typeof budget?.wallMs === 'number' ? [now.getTime() + budget.wallMs] : []),
  ];
  return ends.length === 0 ? undefined : new Date(Math.min(...ends, FAR_FUTURE_MS));
}
/** The latest moment that a row can hold. */
const FAR_FUTURE_MS = Date.parse('9999-12-31T00:00:00Z');

function keyReused(): HttpProblem {
  const message = 'This Idempotency-Key was used for another request body.';
  const detail = `${message} Nothing was done: take a new key for a new request.`;
  const errors = [{ pointer: '', code: 'idempotency_key_reused', message }];
  return new HttpProblem(422, 'idempotency_key_reused', detail, { errors });
}
