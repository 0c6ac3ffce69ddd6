import type { EventRow, PlanBody } from '@muster/domain';
import type { Acceptance } from './accept';
import type { Conclusion, Decision, PermitChange } from './decision';
import type { StepRow, TaskRow } from './snapshot';

/**
 * How the domain's rows are written: column names, instants as RFC 3339, structures as the JSON text that is stored. What
 * is null is left out: most of a step is, and each name costs Postgres as much as a value.
 */
const given = <T>(value: T | null): T | undefined => value ?? undefined;
const instant = (ms: number | null): string | undefined => (ms === null ? undefined : new Date(ms).toISOString());
const json = (value: unknown): string | undefined =>
  value === null || value === undefined ? undefined : JSON.stringify(value);

/** An item may end in the decision that makes it: whatever a moved step has, a new one may have. */
export function newStepColumns(step: StepRow, tenantId: string, item: string | null) {
  return {
    ...stepColumns(step),
    tenant_id: tenantId,
    key: step.key,
    plan_index: step.planIndex,
    item_index: given(step.itemIndex),
    parent_id: given(step.parentId),
    plan_revision: step.planRevision,
    kind: step.kind,
    place: step.place,
    spent: json(step.spent),
    tool: step.tool,
    contract_hash: step.contractHash,
    lane: step.lane,
    priority: step.priority,
    permit: step.permit,
    needs: step.needs,
    dependants: step.dependants,
    operation_id: step.operationId,
    item: given(item),
  };
}

export function stepColumns(step: StepRow, isRelinked = false) {
  return {
    id: step.id,
    task_id: step.taskId,
    state: step.state,
    epoch: step.epoch,
    rings: step.rings,
    waiting_on: step.waitingOn,
    after_step: given(step.afterStep),
    dependants: isRelinked ? step.dependants : undefined,
    condition: json(step.condition),
    attempts: json(step.attempts),
    failure: json(step.failure),
    due_at: instant(step.dueAt),
    started_at: instant(step.startedAt),
    finished_at: instant(step.finishedAt),
    // Only an agent comes to have another operation than its own, and only agents and their calls spend.
    operation_id: step.kind === 'agent' ? step.operationId : undefined,
    spent: step.kind === 'agent' || step.call ? json(step.spent) : undefined,
  };
}

export function eventColumns(event: EventRow, taskId: string, tenantId: string) {
  return {
    task_id: taskId,
    seq: event.seq,
    tenant_id: tenantId,
    type: event.type,
    at: instant(event.at),
    data: event.data,
    hash: event.hash,
  };
}

export function taskColumns({ before, task, closeSteps }: Decision) {
  return { ...taskImage(task), id: task.id, expected: before.revision, closes: closeSteps };
}

function taskImage(task: TaskRow) {
  return {
    revision: task.revision,
    state: task.state,
    fence: task.fence,
    withdrawal: given(task.withdrawal),
    withdrawn_at: instant(task.withdrawnAt),
    event_seq: task.eventSeq,
    event_hash: task.eventHash,
    steps_total: task.stepsTotal,
    open_steps: task.openSteps,
    step_counts: json(task.stepCounts),
    tool_calls: task.toolCalls,
    model_calls: task.modelCalls,
    tokens: task.tokens,
    cost_micros: task.costMicros,
    output: given(task.output),
    failure: json(task.failure),
    conditions: json(task.conditions),
    verdict_id: given(task.verdictId),
    due_at: instant(task.dueAt),
    finished_at: instant(task.finishedAt),
  };
}

export function conclusionColumns(conclusion: Conclusion, task: TaskRow) {
  const { response, evidence } = conclusion;
  return {
    id: conclusion.id,
    task_id: task.id,
    tenant_id: task.tenantId,
    step_id: conclusion.stepId,
    from_state: conclusion.fromState,
    from_sending: conclusion.fromSending,
    state: conclusion.state,
    resolver: conclusion.resolver,
    code: conclusion.code,
    message: conclusion.message,
    release: conclusion.release ? 1 : 0,
    evidence_id: response && 'evidenceId' in response ? response.evidenceId : null,
    sending: response && 'sending' in response ? response.sending : null,
    bytes: response && 'bytes' in response ? response.bytes.toString('base64') : null,
    hash: response && 'hash' in response ? response.hash : null,
    new_evidence: evidence?.id ?? null,
    finding: evidence?.finding ?? null,
    detail: evidence?.detail ?? null,
  };
}

export function acceptedTaskColumns({ task, submission }: Acceptance) {
  return {
    id: task.id,
    tenant_id: task.tenantId,
    event_seq: task.eventSeq,
    event_hash: task.eventHash,
    goal: submission.goal,
    skill: submission.skill,
    state: task.state,
    plan_revision: task.planRevision,
    input: JSON.stringify(task.input),
    plan_hash: task.planHash,
    steps_total: task.stepsTotal,
    step_counts: json(task.stepCounts),
    tool_calls: task.toolCalls,
    grants: submission.grants,
    granted_hashes: hashesOf(submission.plan.body),
    criteria: JSON.stringify(submission.completion),
    criteria_count: task.criteriaCount,
    invariants: JSON.stringify(submission.invariants),
    budget: JSON.stringify(task.budget),
    autonomy: task.autonomy,
    priority: task.priority,
    labels: submission.labels,
    webhook_url: submission.webhookUrl,
    idempotency_key: submission.idempotencyKey,
    body_hash: submission.bodyHash,
    api_key_id: submission.apiKeyId,
    deadline_at: instant(task.deadlineAt),
  };
}

/** Every contract that the plan pins: of its steps, and of all that its agents can come to call. */
const hashesOf = ({ pins, agents = {} }: PlanBody): string[] => [
  ...new Set([...Object.values(pins), ...Object.values(agents)].map(({ hash }) => hash)),
];

export function permitColumns(change: PermitChange, { id: taskId, tenantId }: TaskRow) {
  const { id, state } = change;
  const own = { id, task_id: taskId, tenant_id: tenantId, state };
  if (change.state !== 'pending') {
    return { ...own, decided_by: change.by, reason: change.reason, expires_in_ms: change.expiresInMs };
  }
  const { step } = change;
  return {
    ...own,
    step_id: step.id,
    step_key: step.key,
    operation_id: step.operationId,
    tool: step.tool,
    contract_hash: step.contractHash,
    epoch: step.epoch,
  };
}

/** A plan that a task goes by from this commit on. */
export function adoptedPlanColumns({ task, plan }: Decision) {
  if (!plan) return [];
  const { hash, body, steps } = plan;
  const source = task.planRevision > 1 ? 'revision' : 'planner';
  const columns = { hash, body: JSON.stringify(body), steps: steps.length, granted: hashesOf(body), source };
  return [{ ...columns, task_id: task.id, revision: task.planRevision, criteria_count: task.criteriaCount }];
}
