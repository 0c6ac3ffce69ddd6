import {
  type CompiledPlan,
  catalogueIn,
  compilePlan,
  LIMITS,
  PLANNING_REVISION,
  PLANNING_STEP,
  type PlannerAnswer,
  type Problem,
  readProposal,
} from '@muster/domain';
import { plannedRows } from './accept';
import type { Draft } from './draft';
import type { Snapshot, StepRow } from './snapshot';

/** Whether the task has no plan yet, and this is the step that makes one. */
export const isPlanning = ({ planRevision, parentId }: StepRow): boolean =>
  planRevision === PLANNING_REVISION && parentId === null;

export type Judgement =
  | { readonly kind: 'plan'; readonly plan: CompiledPlan }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** Holds what a model proposed to the rules that hold for every plan, with what the goal was granted. Pure. */
export function judgeProposal({ task, plan, contracts }: Snapshot, answer: PlannerAnswer): Judgement {
  const proposal = readProposal(answer);
  if (proposal.kind === 'refusal') return { kind: 'refused', message: `The planner sees no way: ${proposal.reason}` };
  if (proposal.kind === 'unusable') return { kind: 'problems', problems: proposal.problems };
  const reserved = proposal.document.steps.findIndex(({ id }) => id === PLANNING_STEP);
  if (reserved >= 0) return { kind: 'problems', problems: [isReserved(reserved)] };
  const { tools, agents } = catalogueIn(plan, contracts);
  const { budget, input, autonomy } = task;
  const stepsMax = Math.min(LIMITS.MODEL_PLAN_STEPS_MAX, budget.steps ?? LIMITS.MODEL_PLAN_STEPS_MAX);
  const verdict = compilePlan(proposal.document, tools, {
    pointer: '',
    agents,
    budget,
    input,
    stepsMax,
    supervised: autonomy === 'supervised',
  });
  return verdict.ok ? { kind: 'plan', plan: verdict.plan } : { kind: 'problems', problems: verdict.problems };
}

const isReserved = (place: number): Problem => ({
  pointer: `/steps/${place}/id`,
  code: 'reserved_id',
  message: `'${PLANNING_STEP}' is the step that makes this plan: give this one another id.`,
});

/** The task goes on by this plan. Its first steps are looked at right after the commit, when the plan is there to be read. */
export function adopt(draft: Draft, planning: StepRow, plan: CompiledPlan): void {
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
