import { type CompiledPlan, type RevisionShelf, revisePlan, type Standing, type Underway } from '@muster/domain';
import { pendingStep } from './accept';
import type { Revision, RevisionReply } from './decision';
import type { Draft } from './draft';
import type { StepRow } from './snapshot';

/**
 * Another plan takes the place of the one that the task goes by. Compared with the revision and the steps that its author
 * saw, so that of two plans for one task exactly one becomes active; what has begun is never touched.
 */
export function revise(draft: Draft, revision: Revision): void {
  draft.replies.push(judge(draft, revision));
}

function judge(draft: Draft, revision: Revision): RevisionReply {
  const { task } = draft;
  if (isInPlace(draft, revision)) return { kind: 'revised', revision: task.planRevision };
  if (task.state !== 'running' || task.withdrawal)
    return stale(`The task is ${task.withdrawal ? 'ending' : task.state}.`);
  if (revision.replaces !== task.planRevision) {
    return stale(`The plan is at revision ${task.planRevision}; this one replaces revision ${revision.replaces}.`);
  }
  if (draft.isReplanned) return stale('Another plan has taken its place at this very moment.');
  const limit = task.budget.revisions;
  if (limit !== undefined && task.planRevision >= limit) {
    const message = `The budget allows ${limit} revisions of the plan, and this would be one more.`;
    return { kind: 'refused', problems: [{ pointer: '/plan', code: 'over_budget', message }] };
  }
  const moved = movedSince(rowsOf(draft), revision);
  if (moved) return stale(moved);
  const verdict = revisePlan(underwayOf(draft), revision.document, shelfOf(draft, revision), {
    grants: revision.grants,
    budget: task.budget,
    input: task.input,
    supervised: task.autonomy === 'supervised',
    request: revision.request,
  });
  if (!verdict.ok) return { kind: 'refused', problems: verdict.problems };
  replacePlan(draft, verdict.plan, revision.by);
  return { kind: 'revised', revision: draft.task.planRevision };
}

/** By this very request, whose answer was lost; nothing has taken its place since. */
const isInPlace = ({ task, currentPlan }: Draft, { replaces, request }: Revision): boolean =>
  task.planRevision === replaces + 1 && currentPlan.body.request === request;

const rowsOf = (draft: Draft): StepRow[] => draft.stepsAt(draft.snapshot.plan.steps.map(({ index }) => index));

/** The plan that the task goes by, and how its steps stand. */
export const underwayOf = (draft: Draft): Underway => ({
  plan: draft.snapshot.plan,
  revision: draft.task.planRevision,
  standings: rowsOf(draft).map((row) => standingOf(draft, row)),
});

const stale = (reason: string): RevisionReply => ({ kind: 'stale', reason });

const shelfOf = ({ snapshot }: Draft, { tools, agents }: Revision): RevisionShelf => ({
  tools,
  agents,
  pinned: snapshot.contracts,
});

function movedSince(rows: readonly StepRow[], { cites }: Revision): string | undefined {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  for (const [key, seen] of Object.entries(cites)) {
    const now = byKey.get(key)?.state;
    if (now !== seen) return now ? `Step '${key}' is ${now} now, not ${seen}.` : `There is no step '${key}'.`;
  }
  return undefined;
}

function standingOf(draft: Draft, row: StepRow): Standing {
  if (row.state === 'pending' || row.state === 'ready') return 'open';
  const isOver =
    row.state === 'cancelled' || ((row.state === 'failed' || row.state === 'skipped') && !holds(draft, row));
  return isOver ? 'over' : 'begun';
}

/** Whether a step that failed or was skipped lets others go on, now or once its fallback has ended. */
function holds(draft: Draft, row: StepRow): boolean {
  if (row.state === 'skipped') return isSkippedWell(row);
  const { onFailure, fallback } = draft.compiled(row);
  if (fallback === undefined) return onFailure === 'continue';
  const { state } = draft.stepAt(fallback);
  return !['failed', 'skipped', 'cancelled'].includes(state);
}

const isSkippedWell = ({ condition }: StepRow): boolean =>
  condition.kind === 'none' && (condition.reason === 'when' || condition.reason === 'fallback_not_needed');

/** Whether a step that needs this one need not wait for it. */
function isMet(draft: Draft, row: StepRow): boolean {
  switch (row.state) {
    case 'succeeded':
      return true;
    case 'skipped':
      return isSkippedWell(row);
    case 'failed': {
      const { onFailure, fallback } = draft.compiled(row);
      return fallback === undefined ? onFailure === 'continue' : draft.stepAt(fallback).state === 'succeeded';
    }
    default:
      return false;
  }
}

/** From this decision on the task goes by a plan that `revisePlan` made of the one before it. */
export function replacePlan(draft: Draft, plan: CompiledPlan, by: string): void {
  const rows = rowsOf(draft);
  const revision = draft.task.planRevision + 1;
  const { id: taskId, priority } = draft.task;
  const planned = { taskId, revision, priority, newId: () => draft.surroundings.newId() };
  const fresh = plan.steps.slice(rows.length).map(({ index }) => pendingStep(plan, planned, index));
  const ids = [...rows, ...fresh].map(({ id }) => id);
  const idsAt = (indices: readonly number[]) => indices.map((index) => ids[index]!);
  const leaving = (plan.body.retired ?? []).map((index) => rows[index]!);
  for (const { id, state } of leaving) {
    const event = { type: 'step.skipped', data: { reason: 'replaced' } };
    if (state === 'pending' || state === 'ready') draft.end(id, 'skipped', event);
  }
  for (const { id, planIndex, dependants } of rows) {
    const more = plan.steps[planIndex]!.dependants.filter((index) => index >= rows.length);
    if (more.length > 0) draft.relink(id, [...dependants, ...idsAt(more)]);
  }
  const linked = fresh.map((row) => {
    const { needs, dependants } = plan.steps[row.planIndex]!;
    const waitingOn = needs.filter((index) => index >= rows.length || !isMet(draft, rows[index]!)).length;
    const dueAt = waitingOn === 0 ? draft.now : null;
    return { ...row, needs: idsAt(needs), dependants: idsAt(dependants), waitingOn, dueAt };
  });
  draft.task.failure = null;
  draft.task.criteriaCount -= draft.snapshot.plan.completion.length;
  draft.adopt(plan, revision, linked);
  draft.tell('plan.revised', {
    state: draft.task.state,
    planRevision: revision,
    planHash: plan.hash,
    by,
    open: linked.map(({ key }) => key),
  });
  for (const { id, dueAt } of linked) if (dueAt !== null) draft.followUps.push({ kind: 'look', stepId: id });
  draft.followUps.push({ kind: 'look-task' });
}
