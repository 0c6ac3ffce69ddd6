import { faultPoint } from '@muster/chassis';
import { Database, GroupCommit, RowsContended } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import type { Acceptance } from './accept';
import type { Decision } from './decision';
import type { SubmitAnswer } from './lifecycle.port';
import {
  acceptedTaskColumns,
  adoptedPlanColumns,
  conclusionColumns,
  eventColumns,
  newStepColumns,
  permitColumns,
  stepColumns,
  taskColumns,
} from './rows';
import {
  BACKLOG,
  COMMIT,
  COMMIT_WHOLE,
  COMMIT_WITHDRAWAL,
  EXECUTORS,
  FIND_BY_KEY,
  IN_FLIGHT,
  SUBMIT,
} from './task.sql';

const SUBMIT_BATCH_MAX = 500;
/** A submission is given back as unavailable after this: its client waits. */
const SUBMIT_DEADLINE_MS = 10_000;
const SUBMIT_STEPS_MAX = 20_000;

/** The only writer of tasks, plans, steps and events. */
@Injectable()
export class TaskStore {
  private readonly submissions: GroupCommit<Acceptance, SubmitAnswer>;

  constructor(private readonly database: Database) {
    this.submissions = new GroupCommit(
      {
        name: 'coordinator.submit',
        maxBatch: SUBMIT_BATCH_MAX,
        deadlineMs: SUBMIT_DEADLINE_MS,
        weight: (item) => item.steps.length,
        maxWeight: SUBMIT_STEPS_MAX,
      },
      (batch) => this.insert(batch),
    );
  }

  /** Stores a new task with whatever else arrives at the same time; answers after the commit. */
  submit(acceptance: Acceptance): Promise<SubmitAnswer> {
    return this.submissions.add(acceptance);
  }

  /** The ids of the tasks whose decision was written; the others had moved on. */
  async commit(decisions: readonly Decision[]): Promise<Set<string>> {
    const tasks = () => decisions.map(({ task }) => task.id);
    const withdraws = decisions.some((decision) => decision.withdraws);
    faultPoint(withdraws ? 'coordinator.before-withdrawal' : 'coordinator.before-commit', tasks);
    const statement = withdraws ? COMMIT_WITHDRAWAL : decisions.some(hasRareParts) ? COMMIT_WHOLE : COMMIT;
    const rows = await this.database.query<{ id: string }>(statement, [
      JSON.stringify(decisions.map(taskColumns)),
      JSON.stringify(
        decisions.flatMap(({ steps, relinked }) => steps.map((step) => stepColumns(step, relinked.has(step.id)))),
      ),
      JSON.stringify(
        decisions.flatMap(({ task, items }) => items.map(({ row, item }) => newStepColumns(row, task.tenantId, item))),
      ),
      JSON.stringify(
        decisions.flatMap(({ task, events }) => events.map((event) => eventColumns(event, task.id, task.tenantId))),
      ),
      ...(statement === COMMIT ? [] : rarePartsOf(decisions)),
    ]);
    faultPoint(withdraws ? 'coordinator.after-withdrawal' : 'coordinator.after-commit', tasks);
    return new Set(rows.map((row) => row.id));
  }

  /** Steps in flight and steps that wait for room, by tenant. */
  inFlight(): Promise<{ tenant_id: string; dispatched: number; ready: number }[]> {
    return this.database.query(IN_FLIGHT);
  }

  /** Executors that take from each lane. */
  executors(): Promise<{ lane: string; executors: number }[]> {
    return this.database.query(EXECUTORS);
  }

  /** Steps of the backlog, the most urgent first, as many as each tenant has room for. */
  async backlog(rooms: ReadonlyMap<string, number>): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(BACKLOG, [[...rooms.keys()], [...rooms.values()]]);
    return rows.map((row) => row.id);
  }

  close(): Promise<void> {
    return this.submissions.close();
  }

  private async insert(batch: readonly Acceptance[]): Promise<SubmitAnswer[]> {
    const keys = () => batch.flatMap(({ submission }) => submission.idempotencyKey ?? []);
    faultPoint('coordinator.before-submit-commit', keys);
    const rows = await this.database.query<{ id: string }>(SUBMIT, [
      JSON.stringify(plansOf(batch)),
      JSON.stringify(firstOfEachKey(batch).map(acceptedTaskColumns)),
      JSON.stringify(
        batch.flatMap(({ steps, submission }) => steps.map((step) => newStepColumns(step, submission.tenantId, null))),
      ),
      JSON.stringify(
        batch.flatMap(({ events, task }) => events.map((event) => eventColumns(event, task.id, task.tenantId))),
      ),
    ]);
    faultPoint('coordinator.after-submit-commit', keys);
    const accepted = new Set(rows.map((row) => row.id));
    const taken = batch.filter(({ task }) => !accepted.has(task.id));
    const owners = taken.length > 0 ? await this.owners(taken) : new Map<string, Owner>();
    return batch.map((acceptance) => answerOf(acceptance, accepted, owners));
  }

  private async owners(taken: readonly Acceptance[]): Promise<Map<string, Owner>> {
    const rows = await this.database.query<Owner & { tenant_id: string; idempotency_key: string }>(FIND_BY_KEY, [
      taken.map(({ submission }) => submission.tenantId),
      taken.map(({ submission }) => submission.idempotencyKey ?? null),
    ]);
    return new Map(rows.map((row) => [keyOf(row.tenant_id, row.idempotency_key), row]));
  }
}

/** What most decisions have nothing of. */
const hasRareParts = ({ conclusions, permits, plan, closeSteps }: Decision): boolean =>
  conclusions.length > 0 || permits.length > 0 || plan !== undefined || closeSteps;

function rarePartsOf(decisions: readonly Decision[]): string[] {
  return [
    JSON.stringify(
      decisions.flatMap(({ task, conclusions }) =>
        conclusions.map((conclusion) => conclusionColumns(conclusion, task)),
      ),
    ),
    JSON.stringify(decisions.flatMap(adoptedPlanColumns)),
    JSON.stringify(decisions.flatMap(({ task, permits }) => permits.map((change) => permitColumns(change, task)))),
  ];
}

interface Owner {
  readonly id: string;
  readonly body_hash: string;
}

const keyOf = (tenantId: string, key: string | undefined): string => `${tenantId}\n${key}`;

function plansOf(batch: readonly Acceptance[]): { hash: string; body: string; steps: number }[] {
  const plans = new Map(batch.map(({ submission }) => [submission.plan.hash, submission.plan]));
  return [...plans.values()].map((plan) => ({
    hash: plan.hash,
    body: JSON.stringify(plan.body),
    steps: plan.steps.length,
  }));
}

/** Two submissions with one key in one batch: the first one is accepted, the other finds it. */
function firstOfEachKey(batch: readonly Acceptance[]): Acceptance[] {
  const seen = new Set<string>();
  return batch.filter(({ submission }) => {
    if (submission.idempotencyKey === undefined) return true;
    const key = keyOf(submission.tenantId, submission.idempotencyKey);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function answerOf(
  acceptance: Acceptance,
  accepted: ReadonlySet<string>,
  owners: ReadonlyMap<string, Owner>,
): SubmitAnswer {
  const { task, submission } = acceptance;
  if (accepted.has(task.id)) return { kind: 'accepted', taskId: task.id };
  const owner = owners.get(keyOf(submission.tenantId, submission.idempotencyKey));
  // Retention took it between the two statements: the key is free, and the submission is tried again.
  if (!owner) throw new RowsContended('02000', `nobody has the idempotency key that task ${task.id} lost to`);
  return { kind: owner.body_hash === submission.bodyHash ? 'existing' : 'other-body', taskId: owner.id };
}
