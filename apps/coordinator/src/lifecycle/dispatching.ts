import { LIMITS, runFrom } from '@muster/domain';
import type { Draft } from './draft';
import { failStep } from './endings';
import { failureOf } from './failure';
import type { StepRow } from './snapshot';

/** Sends a step on its way, with the run behind it; where the tenant's window is full it waits in the backlog. */
export function dispatch(draft: Draft, step: StepRow): void {
  if (isOverBudget(draft)) return failStep(draft, step, failureOf(draft, step, 'budget_exceeded', 'definite', 'The budget of tool calls is spent.'));
  if (!draft.takeRoom()) return waitInBacklog(draft, step);
  const run = [step.id, ...followers(draft, step)];
  for (const [position, id] of run.entries()) {
    const previous = run[position - 1];
    draft.task.toolCalls += 1;
    draft.change(id, {
      state: 'dispatched',
      afterStep: previous ?? null,
      condition: previous ? { kind: 'after', step: draft.step(previous).key } : { kind: 'answer' },
      dueAt: previous ? null : draft.now + LIMITS.ANSWER_DUE_MS,
      startedAt: draft.step(id).startedAt ?? draft.now,
    });
  }
  tellDispatched(draft, run);
  ringRun(draft, run);
}

/** The steps that may follow in the same run. Items, and steps dispatched before, go alone or with what is left of theirs. */
function followers(draft: Draft, step: StepRow): string[] {
  if (step.parentId !== null) return [];
  const run = runFrom(draft.snapshot.plan, step.planIndex).slice(1).map((index) => draft.stepAt(index));
  const broken = run.findIndex((member) => member.state !== 'pending');
  return (broken < 0 ? run : run.slice(0, broken)).map((member) => member.id);
}

function tellDispatched(draft: Draft, run: readonly string[]): void {
  const steps = run.map((id) => draft.step(id));
  draft.tell('step.dispatched', { steps: Object.fromEntries(steps.map((step) => [step.key, [step.state, step.epoch]])) });
}

function ringRun(draft: Draft, run: readonly string[]): void {
  const head = draft.step(run[0]!);
  draft.ring({
    to: 'executor',
    lane: head.lane,
    priority: head.priority,
    ring: head.rings,
    run: run.map((id) => ({ id, epoch: draft.step(id).epoch })),
  });
}

function waitInBacklog(draft: Draft, step: StepRow): void {
  if (step.state === 'ready') return;
  draft.change(step.id, { state: 'ready', condition: { kind: 'window' }, dueAt: null }, { type: 'step.ready', data: {} });
}

/** A claimed (or refused) step is sent again: the epoch rises, so that nothing done for the earlier one moves it. */
export function dispatchAgain(draft: Draft, step: StepRow, patch: { attempts?: Record<string, number> }): void {
  if (isOverBudget(draft)) return failStep(draft, step, failureOf(draft, step, 'budget_exceeded', 'definite', 'The budget of tool calls is spent.'));
  draft.unpark(step);
  draft.task.toolCalls += 1;
  const again = draft.change(
    step.id,
    { ...patch, state: 'dispatched', epoch: step.epoch + 1, rings: 0, condition: { kind: 'answer' }, dueAt: draft.now + LIMITS.ANSWER_DUE_MS },
    { type: 'step.dispatched', data: { again: true } },
  );
  ringRun(draft, [again.id, ...rest(draft, again)]);
}

/** The members of this step's run that are still dispatched behind it. */
function rest(draft: Draft, step: StepRow): string[] {
  const behind: string[] = [];
  for (let last = step; ; ) {
    const next = last.dependants.map((id) => draft.snapshot.steps.get(id)).find((row) => row?.afterStep === last.id && row.state === 'dispatched');
    if (!next || behind.length >= LIMITS.RUN_STEPS_MAX) return behind;
    behind.push(next.id);
    last = next;
  }
}

/** Nobody claimed it: rung again at the same epoch, with twice the wait. */
export function ringAgain(draft: Draft, step: StepRow): void {
  const rings = step.rings + 1;
  const wait = Math.min(LIMITS.ANSWER_DUE_MS * 2 ** rings, LIMITS.ANSWER_DUE_MS_MAX);
  draft.change(step.id, { rings, dueAt: draft.now + wait });
  ringRun(draft, [step.id, ...rest(draft, step)]);
}

function isOverBudget(draft: Draft): boolean {
  const limit = draft.task.budget.toolCalls;
  return limit !== undefined && draft.task.toolCalls >= limit;
}
