import {
  APPROVAL,
  CHAIN_START,
  type CompiledPlan,
  type CompiledStep,
  chainEvents,
  type EventRow,
  isBootstrap,
  LIMITS,
  newUuid,
  operationId,
  PLANNING_REVISION,
  runFrom,
} from '@muster/domain';
import type { Ring } from './decision';
import type { Submission } from './lifecycle.port';
import type { StepRow, TaskRow } from './snapshot';
import { countSteps } from './step-tally';

/** The rows of a new task: its first steps are dispatched in the same statement that makes it. */
export interface Acceptance {
  readonly submission: Submission;
  /** `planning`: its only step is one that makes its plan. */
  readonly task: TaskRow;
  readonly steps: readonly StepRow[];
  readonly events: readonly EventRow[];
  readonly rings: readonly Ring[];
}

/** `room`: how many steps of this tenant may be dispatched now. Pure but for where fresh ids come from. */
export function accept(submission: Submission, now: number, room: number, newId = newUuid): Acceptance {
  const taskId = newId();
  const state = isBootstrap(submission.plan) ? 'planning' : 'running';
  const revision = state === 'planning' ? PLANNING_REVISION : 1;
  const rows = plannedRows(submission.plan, { taskId, revision, priority: submission.priority, newId });
  const rings = dispatchFirst(rows, submission, now, room);
  const moved = rows.filter((row) => row.state !== 'pending');
  const events = chainEvents(
    [
      {
        type: 'task.accepted',
        data: {
          state,
          fence: 0,
          planHash: submission.plan.hash,
          open: rows.map((row) => row.key),
        },
      },
      ...(moved.length > 0
        ? [
            {
              type: 'step.dispatched',
              data: { steps: Object.fromEntries(moved.map((row) => [row.key, [row.state, row.epoch]])) },
            },
          ]
        : []),
    ],
    { seq: 0, hash: CHAIN_START },
    now,
  );
  return { submission, task: acceptedTask(taskId, submission, state, rows, events), steps: rows, events, rings };
}

function acceptedTask(
  id: string,
  submission: Submission,
  state: TaskRow['state'],
  steps: readonly StepRow[],
  events: readonly EventRow[],
): TaskRow {
  const { completion, invariants, plan, deadlineAt } = submission;
  const last = events.at(-1)!;
  return {
    id,
    tenantId: submission.tenantId,
    state,
    revision: 1,
    fence: 0,
    withdrawal: null,
    withdrawnAt: null,
    eventSeq: last.seq,
    eventHash: last.hash,
    planRevision: steps[0]!.planRevision,
    planHash: plan.hash,
    stepsTotal: steps.length,
    openSteps: steps.length,
    stepCounts: countSteps(steps),
    toolCalls: steps.filter((row) => row.state === 'dispatched' && row.tool !== APPROVAL).length,
    modelCalls: 0,
    tokens: 0,
    costMicros: 0,
    input: submission.input,
    autonomy: submission.autonomy,
    criteriaCount: completion.length + invariants.length + plan.completion.length,
    budget: submission.budget as Record<string, number>,
    priority: submission.priority,
    output: null,
    failure: null,
    conditions: [],
    verdictId: null,
    deadlineAt: deadlineAt?.getTime() ?? null,
    dueAt: deadlineAt?.getTime() ?? null,
    finishedAt: null,
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface Planned {
  readonly taskId: string;
  readonly revision: number;
  /** Of the task, for steps without one of their own. */
  readonly priority: number;
  newId(): string;
}

/** The rows of a plan's steps, none of them begun. */
export function plannedRows(plan: CompiledPlan, planned: Planned): Mutable<StepRow>[] {
  const rows = plan.steps.map((_, index) => pendingStep(plan, planned, index));
  link(rows, plan);
  return rows;
}

/** The row of one step of a plan, not begun and not linked. */
export function pendingStep(plan: CompiledPlan, planned: Planned, index: number): Mutable<StepRow> {
  const priority = plan.body.document.steps[index]!.priority ?? planned.priority;
  // The step that makes a plan stands before all of that plan's own.
  const step = planned.revision === PLANNING_REVISION ? plan.planner! : plan.steps[index]!;
  return pendingRow(step, { ...planned, priority });
}

/** The same of a step wherever it comes from. */
export function pendingRow(step: CompiledStep, { taskId, revision, priority, newId }: Planned): Mutable<StepRow> {
  return {
    id: newId(),
    taskId,
    key: step.key,
    planIndex: step.index,
    itemIndex: null,
    parentId: null,
    planRevision: revision,
    kind: step.kind,
    place: '',
    tool: step.tool,
    contractHash: step.contractHash,
    lane: step.lane,
    priority,
    permit: step.permit,
    state: 'pending',
    epoch: 0,
    rings: 0,
    waitingOn: step.needs.length,
    needs: [],
    dependants: [],
    afterStep: null,
    operationId: operationId(taskId, step.key, revision),
    condition: { kind: 'needs' },
    attempts: {},
    failure: null,
    call: null,
    spent: {},
    dueAt: null,
    startedAt: null,
    finishedAt: null,
  };
}

function link(rows: Mutable<StepRow>[], plan: CompiledPlan): void {
  for (const [index, step] of plan.steps.entries()) {
    rows[index]!.needs = step.needs.map((need) => rows[need]!.id);
    rows[index]!.dependants = step.dependants.map((dependant) => rows[dependant]!.id);
  }
}

/** Steps without needs go at once. One with a gate, and an agent, waits for the first look, which is due now. */
function dispatchFirst(rows: Mutable<StepRow>[], submission: Submission, now: number, room: number): Ring[] {
  const rings: Ring[] = [];
  for (const [index, step] of submission.plan.steps.entries()) {
    if (step.needs.length > 0) continue;
    if (step.when !== undefined || step.forEach !== undefined || step.kind === 'agent')
      Object.assign(rows[index]!, { dueAt: now });
    else if (rings.length >= room) Object.assign(rows[index]!, { state: 'ready', condition: { kind: 'window' } });
    else rings.push(dispatchRun(rows, submission.plan, index, now));
  }
  return rings;
}

function dispatchRun(rows: Mutable<StepRow>[], plan: CompiledPlan, head: number, now: number): Ring {
  const run = runFrom(plan, head);
  for (const [position, index] of run.entries()) {
    const previous = rows[run[position - 1]!];
    Object.assign(rows[index]!, {
      state: 'dispatched',
      startedAt: now,
      ...(previous
        ? { afterStep: previous.id, condition: { kind: 'after', step: previous.key } }
        : { condition: { kind: 'answer' }, dueAt: now + LIMITS.ANSWER_DUE_MS }),
    });
  }
  const first = rows[head]!;
  return {
    to: 'executor',
    lane: first.lane,
    priority: first.priority,
    ring: 0,
    run: run.map((index) => ({ id: rows[index]!.id, epoch: 0 })),
  };
}
