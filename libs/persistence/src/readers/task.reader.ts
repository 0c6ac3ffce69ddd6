import type { BudgetView, ConditionView, FailureView, TaskView } from '@muster/contracts';
import {
  isTerminal,
  type OperationState,
  type StepState,
  showId,
  statesOf,
  TASK,
  type TaskState,
} from '@muster/domain';
import { Injectable } from '@nestjs/common';
import { Database, type NamedSql } from '../database';
import { ANY_UUID, type Page, type PageRequest, pageOf, placeOf } from './paging';
import { shownSpending } from './spending';
import { iso, parsed } from './stored-json';
import { GRANTS_OF_TASK, TASK_PAGE, TASK_PAGE_OF_LABELS, TASK_PULSE, TASKS_BY_ID } from './task.sql';

export interface TaskFilter {
  readonly states?: readonly TaskState[];
  /** All of them must hold. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** The beat of a task: whether it moves, without what it carries. */
export interface TaskPulse {
  readonly state: TaskState;
  readonly revision: number;
  readonly eventSeq: number;
  readonly hasEnded: boolean;
  readonly needsAttention: boolean;
}

interface TaskColumns {
  readonly id: string;
  readonly state: TaskState;
  readonly revision: number;
  readonly goal: string | null;
  readonly skill: string | null;
  readonly input: string;
  readonly output: string | null;
  readonly failure: string | null;
  readonly conditions: string;
  readonly budget: string;
  readonly plan_revision: number;
  readonly labels: Record<string, string>;
  readonly priority: number;
  readonly steps_total: number;
  readonly tool_calls: number;
  readonly model_calls: number;
  /** As text: Postgres has larger numbers than JavaScript. */
  readonly tokens: string;
  readonly cost_micros: string;
  readonly deadline_at: Date | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
  /** By stored state, as JSON. */
  readonly step_counts: string;
  /** How many of those that are dispatched are shown as executing. */
  readonly executing: number;
  readonly standing: { id: string; tool: string; state: OperationState }[] | null;
}

@Injectable()
export class TaskReader {
  constructor(private readonly database: Database) {}

  async one(tenantId: string, taskId: string): Promise<TaskView | undefined> {
    const tasks = await this.many(tenantId, [taskId]);
    return tasks.get(taskId);
  }

  /** What the task may call; undefined where there is no such task. */
  async grants(tenantId: string, taskId: string): Promise<readonly string[] | undefined> {
    const [row] = await this.database.query<{ grants: string[] }>(GRANTS_OF_TASK, [tenantId, taskId]);
    return row?.grants;
  }

  /** By their ids; those of other tenants are not there. */
  async many(tenantId: string, taskIds: readonly string[]): Promise<Map<string, TaskView>> {
    const rows = await this.database.query<TaskColumns>(TASKS_BY_ID, [tenantId, taskIds]);
    return new Map(rows.map((row) => [row.id, viewOf(row)]));
  }

  async page(tenantId: string, filter: TaskFilter, { limit, cursor }: PageRequest): Promise<Page<TaskView>> {
    const [before = null] = placeOf(cursor, [ANY_UUID]) ?? [];
    const states = filter.states && [...new Set(filter.states)];
    const labels = filter.labels && JSON.stringify(filter.labels);
    const rows = labels
      ? await this.rows(TASK_PAGE_OF_LABELS, [tenantId, before, states ?? statesOf(TASK), limit + 1, labels])
      : await this.rows(TASK_PAGE, [tenantId, before, states ?? null, limit + 1]);
    return pageOf(rows, limit, (row) => [row.id], viewOf);
  }

  private rows(page: NamedSql, values: readonly unknown[]): Promise<TaskColumns[]> {
    return this.database.query<TaskColumns>(page, values);
  }

  async pulse(tenantId: string, taskId: string): Promise<TaskPulse | undefined> {
    type Pulse = Pick<TaskColumns, 'state' | 'revision' | 'conditions'> & { readonly event_seq: number };
    const [row] = await this.database.query<Pulse>(TASK_PULSE, [tenantId, taskId]);
    if (!row) return undefined;
    const needsAttention = conditionsOf(row.conditions).some(({ type, status }) => type === 'NeedsAttention' && status);
    const { state, revision, event_seq: eventSeq } = row;
    return { state, revision, eventSeq, hasEnded: isTerminal(TASK, state), needsAttention };
  }
}

function viewOf(row: TaskColumns): TaskView {
  const id = showId('task', row.id);
  return {
    id,
    state: row.state,
    revision: row.revision,
    goal: row.goal ?? undefined,
    skill: row.skill ?? undefined,
    input: parsed(row.input) ?? null,
    output: parsed(row.output),
    failure: parsed<FailureView>(row.failure),
    conditions: conditionsOf(row.conditions),
    counts: countsOf(row),
    budget: budgetOf(row),
    planRevision: row.plan_revision,
    labels: row.labels,
    priority: row.priority,
    standingEffects: standingOf(row),
    deadlineAt: iso(row.deadline_at),
    createdAt: row.created_at.toISOString(),
    finishedAt: iso(row.finished_at),
    links: linksOf(id),
  };
}

function countsOf({ step_counts, executing }: TaskColumns): Record<string, number> {
  const stored = parsed<Partial<Record<StepState, number>>>(step_counts) ?? {};
  if (executing === 0) return stored;
  const { dispatched = 0, ...others } = stored;
  return { ...others, ...(dispatched > executing && { dispatched: dispatched - executing }), executing };
}

// The row keeps more than people are shown, such as how many steps are parked.
function conditionsOf(text: string): ConditionView[] {
  const stored = parsed<ConditionView[]>(text) ?? [];
  return stored.map(({ type, status, reason, message, since }) => ({ type, status, reason, message, since }));
}

function budgetOf(row: TaskColumns): BudgetView {
  const wallMs = (row.finished_at ?? new Date()).getTime() - row.created_at.getTime();
  const limit = parsed<Record<string, number>>(row.budget) ?? {};
  const used = { steps: row.steps_total, toolCalls: row.tool_calls, wallMs: Math.max(0, wallMs) };
  if (row.model_calls === 0) return { limit, used };
  const spent = { modelCalls: row.model_calls, tokens: Number(row.tokens), costMicros: Number(row.cost_micros) };
  return { limit, used: { ...used, ...shownSpending(spent) } };
}

function standingOf({ state, standing }: TaskColumns): TaskView['standingEffects'] {
  if (!isTerminal(TASK, state) || state === 'completed') return undefined;
  return (standing ?? []).map(({ id, ...effect }) => ({ operationId: showId('operation', id), ...effect }));
}

function linksOf(id: string): Record<string, string> {
  const self = `/v1/tasks/${id}`;
  const parts = ['plan', 'steps', 'operations', 'artifacts', 'events', 'explain', 'cancel'];
  return { self, ...Object.fromEntries(parts.map((part) => [part, `${self}/${part}`])) };
}
