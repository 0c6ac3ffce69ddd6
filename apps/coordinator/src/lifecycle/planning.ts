import {
  type CompiledPlan,
  catalogueIn,
  compilePlan,
  GOAL_REVISIONS_MAX,
  LIMITS,
  PLANNER,
  PLANNING_REVISION,
  PLANNING_STEP,
  type PlanDocument,
  type PlannerAnswer,
  type Problem,
  placeUnder,
  readProposal,
  revisePlan,
  withPlanner,
} from '@muster/domain';
import { pendingRow, plannedRows } from './accept';
import type { Draft } from './draft';
import { replacePlan, underwayOf } from './revising';
import type { FailureRecord, StepRow } from './snapshot';

/** Whether this is the step that makes a plan, not one of a plan. */
export const isPlanning = ({ tool, parentId }: Pick<StepRow, 'tool' | 'parentId'>): boolean =>
  tool === PLANNER && parentId === null;

export type Judgement =
  | { readonly kind: 'plan'; adopt(planning: StepRow): void }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** Holds what a model proposed to the rules that hold for every plan, with what the goal was granted. */
export function judgeProposal(draft: Draft, answer: PlannerAnswer): Judgement {
  const proposal = readProposal(answer);
  if (proposal.kind === 'refusal') return { kind: 'refused', message: `The planner sees no way: ${proposal.reason}` };
  if (proposal.kind === 'unusable') return { kind: 'problems', problems: proposal.problems };
  const reserved = proposal.document.steps.findIndex(({ id }) => id === PLANNING_STEP);
  if (reserved >= 0) return { kind: 'problems', problems: [isReserved(reserved)] };
  return draft.task.planRevision === PLANNING_REVISION
    ? judgeFirst(draft, proposal.document)
    : judgeNext(draft, proposal.document);
}

function judgeFirst(draft: Draft, document: PlanDocument): Judgement {
  const { plan, contracts } = draft.snapshot;
  const catalogue = catalogueIn(plan, contracts);
  const verdict = compilePlan(document, catalogue.tools, optionsOf(draft, catalogue));
  if (!verdict.ok) return { kind: 'problems', problems: verdict.problems };
  return { kind: 'plan', adopt: (planning) => adoptFirst(draft, planning, withPlanner(verdict.plan, plan, catalogue)) };
}

/** Another plan for what is left to be done: what has begun stays, and no id comes to mean two things. */
function judgeNext(draft: Draft, document: PlanDocument): Judgement {
  const { plan, contracts } = draft.snapshot;
  const catalogue = catalogueIn(plan, contracts);
  const shelf = { ...catalogue, pinned: contracts };
  const verdict = revisePlan(underwayOf(draft), document, shelf, optionsOf(draft, catalogue));
  if (!verdict.ok) return { kind: 'problems', problems: verdict.problems };
  return {
    kind: 'plan',
    adopt: ({ key }) => {
      draft.moveTask('running');
      replacePlan(draft, verdict.plan, key);
    },
  };
}

function optionsOf({ task }: Draft, { agents }: ReturnType<typeof catalogueIn>) {
  const { budget, input, autonomy } = task;
  const stepsMax = Math.min(LIMITS.MODEL_PLAN_STEPS_MAX, budget.steps ?? LIMITS.MODEL_PLAN_STEPS_MAX);
  return { pointer: '', agents, budget, input, stepsMax, supervised: autonomy === 'supervised' };
}

const isReserved = (place: number): Problem => ({
  pointer: `/steps/${place}/id`,
  code: 'reserved_id',
  message: `'${PLANNING_STEP}' is the step that makes this plan: give this one another id.`,
});

/** The task goes on by this plan. Its first steps are looked at right after the commit, when the plan is there to be read. */
function adoptFirst(draft: Draft, planning: StepRow, plan: CompiledPlan): void {
  const revision = draft.task.planRevision + 1;
  const rows = plannedRows(plan, {
    taskId: draft.task.id,
    revision,
    priority: draft.task.priority,
    newId: () => draft.surroundings.newId(),
  });
  const ready = rows.map((row, index) => (plan.steps[index]!.needs.length > 0 ? row : { ...row, dueAt: draft.now }));
  draft.adopt(plan, revision, ready);
  draft.moveTask('running');
  draft.tell('plan.adopted', {
    state: 'running',
    planRevision: revision,
    planHash: plan.hash,
    by: planning.key,
    open: rows.map((row) => row.key),
  });
  for (const { id, dueAt } of ready) if (dueAt !== null) draft.followUps.push({ kind: 'look', stepId: id });
}

/** A person said no, or the means are spent: no other plan would change that. */
const FINAL_REASONS: readonly string[] = ['permit_denied', 'budget_exceeded'];

/** Whether the plan of a goal that was not reached may be followed by another one. */
export function canPlanAgain({ task, snapshot }: Draft, { exitReason }: FailureRecord): boolean {
  const { revisions = GOAL_REVISIONS_MAX, steps = Number.POSITIVE_INFINITY } = task.budget;
  return (
    snapshot.plan.planner !== undefined &&
    (task.state === 'running' || task.state === 'verifying') &&
    task.planRevision < revisions &&
    task.stepsTotal < steps &&
    !FINAL_REASONS.includes(exitReason)
  );
}

/** Nobody found another plan: the task fails by what made it look for one. */
export const noOtherPlan = (reason: FailureRecord, planning: FailureRecord): FailureRecord => ({
  ...reason,
  message: `${reason.message} No other plan was found: ${planning.message}`,
});

/** Everything of the plan has ended and the goal was not reached: its planner is asked for another plan, right after this commit. */
export function planAgain(draft: Draft, failure: FailureRecord): void {
  const { task, surroundings, snapshot } = draft;
  const { id: taskId, planRevision: revision, priority } = task;
  const step = { ...snapshot.plan.planner!, key: `${PLANNING_STEP}:${revision + 1}` };
  const pending = pendingRow(step, { taskId, revision, priority, newId: () => surroundings.newId() });
  const row = { ...pending, place: placeUnder('', LIMITS.AGENT_CALLS_MAX + revision), dueAt: draft.now };
  draft.moveTask('planning');
  task.failure = failure;
  // Where it was to be verified, it was due for that.
  task.dueAt = task.deadlineAt;
  draft.addStep(row);
  draft.tell('task.planning', { state: 'planning', because: failure.exitReason, open: [row.key] });
  draft.followUps.push({ kind: 'look', stepId: row.id });
}
