import { LIMITS, runFrom } from '@muster/domain';
import { callsLeft, lackOf, spendCall } from './agent-budget';
import type { Draft } from './draft';
import { giveUp } from './parking';
import type { StepRow } from './snapshot';

/** `rings` is a smallint; that many rings take three weeks without an executor, after which the count begins anew. */
const RINGS_MAX = 30_000;
/** The doubling of the wait has long reached its limit by then. */
const DOUBLINGS_MAX = 16;

/** Sends a step on its way, with the run behind it; where the tenant's window is full it waits in the backlog. */
export function dispatch(draft: Draft, step: StepRow): void {
  const lack = lackOf(draft, step);
  if (lack) return giveUp(draft, step, lack);
  if (!draft.takeRoom()) return waitInBacklog(draft, step);
  const run = [step.id, ...followers(draft, step)].slice(0, callsLeft(draft, step));
  for (const [position, id] of run.entries()) {
    const previous = run[position - 1];
    spendCall(draft, draft.step(id));
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

/** The steps that may follow in the same run. Items go alone. */
function followers(draft: Draft, step: StepRow): string[] {
  return membersBehind(draft, step, (member) => member.state === 'pending');
}

/** Of the run that starts with this step, the members behind it up to the first that does not fit. */
function membersBehind(draft: Draft, step: StepRow, fits: (member: StepRow, before: StepRow) => boolean): string[] {
  if (step.parentId !== null) return [];
  const run = draft.stepsAt(runFrom(draft.snapshot.plan, step.planIndex));
  const end = run.findIndex((member, position) => position > 0 && !fits(member, run[position - 1]!));
  return run.slice(1, end < 0 ? undefined : end).map((member) => member.id);
}

function tellDispatched(draft: Draft, run: readonly string[]): void {
  const steps = run.map((id) => draft.step(id));
  draft.tell('step.dispatched', {
    steps: Object.fromEntries(steps.map((step) => [step.key, [step.state, step.epoch]])),
  });
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
  draft.change(
    step.id,
    { state: 'ready', condition: { kind: 'window' }, dueAt: null },
    { type: 'step.ready', data: {} },
  );
}

/** A claimed (or refused) step is sent again: the epoch rises, so that nothing done for the earlier one moves it. */
export function dispatchAgain(draft: Draft, step: StepRow, patch: { attempts?: Record<string, number> }): void {
  const lack = lackOf(draft, step);
  if (lack) return giveUp(draft, step, lack);
  draft.unpark(step);
  spendCall(draft, step);
  const again = draft.change(
    step.id,
    {
      ...patch,
      state: 'dispatched',
      epoch: step.epoch + 1,
      rings: 0,
      condition: { kind: 'answer' },
      dueAt: draft.now + LIMITS.ANSWER_DUE_MS,
    },
    { type: 'step.dispatched', data: { again: true } },
  );
  ringRun(draft, [again.id, ...rest(draft, again)]);
}

/** The members of this step's run that are still dispatched behind it. */
function rest(draft: Draft, step: StepRow): string[] {
  return membersBehind(
    draft,
    step,
    (member, before) => member.state === 'dispatched' && member.afterStep === before.id,
  );
}

/** Nobody claimed it: rung again at the same epoch, with twice the wait. */
export function ringAgain(draft: Draft, step: StepRow): void {
  const rings = (step.rings + 1) % RINGS_MAX;
  const wait = Math.min(LIMITS.ANSWER_DUE_MS * 2 ** Math.min(rings, DOUBLINGS_MAX), LIMITS.ANSWER_DUE_MS_MAX);
  draft.change(step.id, { rings, dueAt: draft.now + wait });
  ringRun(draft, [step.id, ...rest(draft, step)]);
}
