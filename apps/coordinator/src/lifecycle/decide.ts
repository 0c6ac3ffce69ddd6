import { assertNever, hasEnded, isSettled, LIMITS } from '@muster/domain';
import { lookAtAgent } from './agents';
import { foldAnswer, foldClaimedAfterAll, foldDispatched, tryAgain } from './answers';
import { arrive } from './arriving';
import type { Input, Outcome, Reply, Wants } from './decision';
import { Draft, MissingFacts } from './draft';
import { failStep, succeedStep } from './endings';
import { failureOf } from './failure';
import { takePermitWord } from './permits';
import { propagate, standIn } from './propagation';
import { resolveParked } from './resolution';
import { revise } from './revising';
import type { Snapshot, StepRow, Surroundings } from './snapshot';
import { endWhenDone, foldTaskVerdict, isOver } from './task-end';
import { closeWithdrawn, withdraw } from './withdrawal';

/**
 * The only place that branches: from what is known of one task and the reasons to look at it, to one final image per
 * row, the events that tell of it and whom to wake. Pure and total. An input carries no truth (docs/decisions/0002):
 * whatever the snapshot shows is folded, so that lost, repeated and reordered messages lead to the same end.
 */
export function decide(snapshot: Snapshot, inputs: readonly Input[], surroundings: Surroundings): Outcome {
  const draft = new Draft(snapshot, surroundings);
  const wants: Wants = { outputs: [], members: [], steps: [], closures: [], items: [], agents: [] };
  takeAll(draft, inputs, wants);
  collect(wants, () => endWhenDone(draft));
  if (Object.values(wants).some((list) => list.length > 0)) return { kind: 'wants', wants };
  if (draft.isEmpty) return { kind: 'unchanged', replies: draft.replies };
  return { kind: 'decided', decision: draft.finish() };
}

/**
 * A plan that takes the place of another comes last: everything else is decided by the plan that the snapshot shows. The
 * replies stand in the order of the questions all the same.
 */
function takeAll(draft: Draft, inputs: readonly Input[], wants: Wants): void {
  const replies = new Map<Input, readonly Reply[]>();
  const isLast = ({ kind }: Input) => kind === 'revise';
  for (const input of [...inputs.filter((one) => !isLast(one)), ...inputs.filter(isLast)]) {
    collect(wants, () => take(draft, input));
    replies.set(input, draft.replies.splice(0));
  }
  draft.replies.push(...inputs.flatMap((input) => replies.get(input)!));
}

/** Facts that are missing are gathered over all inputs, so that one more load suffices. */
function collect(wants: Wants, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof MissingFacts)) throw error;
    for (const key of Object.keys(wants) as (keyof Wants)[])
      (wants[key] as unknown[]).push(...((error.wants[key] as unknown[]) ?? []));
  }
}

function take(draft: Draft, input: Input): void {
  draft.depth = 0;
  switch (input.kind) {
    case 'look':
      if (!isOver(draft)) lookAtStep(draft, draft.step(input.stepId));
      break;
    case 'look-task':
      if (!isOver(draft)) lookAtTask(draft);
      break;
    case 'cancel':
      takeCancel(draft, input);
      break;
    case 'resolve':
      if (isOver(draft) || draft.task.withdrawal) draft.replies.push('not-open');
      else resolveParked(draft, input.resolution);
      break;
    case 'permit':
      if (isOver(draft) || draft.task.withdrawal) draft.replies.push('not-open');
      else takePermitWord(draft, input.word);
      break;
    case 'revise':
      revise(draft, input.revision);
      break;
    default:
      assertNever(input);
  }
  followUp(draft);
}

/** Ends are carried on step by step, without recursion: a plan may be a hundred thousand steps long. */
function followUp(draft: Draft): void {
  for (let entry = draft.worklist.shift(); entry; entry = draft.worklist.shift()) {
    draft.depth = entry.depth;
    if (entry.kind === 'ended') propagate(draft, entry.id, entry.met);
    else if (entry.kind === 'stood-in') standIn(draft, entry.id, entry.met);
    else arrive(draft, entry.id);
  }
}

function takeCancel(draft: Draft, input: Extract<Input, { kind: 'cancel' }>): void {
  if (input.expectedRevision !== undefined && input.expectedRevision !== draft.snapshot.task.revision) {
    draft.replies.push('stale-revision');
  } else if (isOver(draft)) {
    draft.replies.push('already-ended');
  } else if (draft.task.withdrawal) {
    // It ends already, perhaps by this very request, whose answer was lost.
    draft.replies.push('done');
  } else {
    withdraw(draft, 'cancel', input.reason);
    draft.replies.push('done');
  }
}

function lookAtTask(draft: Draft): void {
  if (draft.withdraws) return;
  if (draft.task.withdrawal) return closeWithdrawn(draft);
  if (draft.task.deadlineAt !== null && draft.task.deadlineAt <= draft.now)
    return withdraw(draft, 'deadline', 'The deadline passed.');
  if (draft.task.state === 'verifying') foldTaskVerdict(draft);
}

function lookAtStep(draft: Draft, step: StepRow): void {
  if (draft.task.withdrawal) return lookAtTask(draft);
  if (hasEnded(step.state)) return;
  switch (step.state) {
    case 'dispatched':
      return foldDispatched(draft, step);
    case 'waiting':
      return lookAtWaiting(draft, step);
    case 'verifying':
      return lookAtVerifying(draft, step);
    case 'parked':
      return foldKnown(draft, step);
    case 'ready':
      return arrive(draft, step.id);
    case 'pending':
      return lookAtPending(draft, step);
  }
}

/** A first step with a gate has its needs met from the start. Items wait for their slot, whoever looks. */
function lookAtPending(draft: Draft, step: StepRow): void {
  if (step.parentId === null && step.waitingOn === 0) arrive(draft, step.id);
}

function lookAtWaiting(draft: Draft, step: StepRow): void {
  const { kind } = step.condition;
  if (kind === 'agent') return lookAtAgent(draft, step);
  const operation = draft.operation(step);
  if (kind === 'breaker' && operation?.epoch === step.epoch) return foldClaimedAfterAll(draft, step, operation);
  if (kind === 'probe' || (operation && isSettled(operation.state))) return foldKnown(draft, step);
  const isDue = step.dueAt !== null && step.dueAt <= draft.now;
  if (isDue && (kind === 'retry' || kind === 'breaker')) tryAgain(draft, step);
}

/** A step that waits for more to be known of its operation. */
function foldKnown(draft: Draft, step: StepRow): void {
  const operation = draft.operation(step);
  if (operation) foldAnswer(draft, step, operation);
}

function lookAtVerifying(draft: Draft, step: StepRow): void {
  const verdict = draft.snapshot.verdicts.get(step.id);
  if (verdict?.passed) return succeedStep(draft, step);
  if (verdict) return failStep(draft, step, failureOf(draft, step, verdict.code, 'verdict', verdict.message));
  if (step.dueAt !== null && step.dueAt > draft.now) return;
  draft.change(step.id, { dueAt: draft.now + LIMITS.VERDICT_DUE_MS });
  draft.ring({ to: 'verifier', step: { id: step.id, epoch: step.epoch } });
}
