import { APPROVAL } from '@muster/domain';
import type { PermitWord } from './decision';
import { dispatchAgain } from './dispatching';
import type { Draft } from './draft';
import { failStep } from './endings';
import { failureOf } from './failure';
import type { StepRow } from './snapshot';

export const PERMIT_REQUIRED = 'permit_required';

const QUESTION = 'A person is asked for an approval.';

/** The claim was refused for want of a permit: a person is asked about the exact bytes that would have been sent. */
export function askForPermit(draft: Draft, step: StepRow): void {
  const permit = draft.surroundings.newId();
  draft.permits.push({ id: permit, step, state: 'pending' });
  const isQuestion = step.tool === APPROVAL;
  const message = isQuestion ? QUESTION : `Nothing is sent to '${step.tool}' without a person's permit.`;
  const { operationId } = step;
  draft.park(step.id, { kind: 'person', reason: PERMIT_REQUIRED, message, operationId, permit }, null);
}

/** A person's word on a permit. One that nobody waits for any more releases nothing. */
export function takePermitWord(draft: Draft, word: PermitWord): void {
  const step = draft.step(word.stepId);
  const { permitId: id, verdict: state, by, reason } = word;
  if (step.state !== 'parked' || step.condition.kind !== 'person' || step.condition.permit !== id) {
    draft.replies.push('not-open');
    return;
  }
  draft.permits.push({ id, state, by, reason, expiresInMs: state === 'granted' ? word.expiresInMs : null });
  draft.tell(`permit.${state}`, { permit: id, step: step.key, by, reason });
  draft.replies.push('done');
  if (state === 'granted') return dispatchAgain(draft, step, {});
  failStep(draft, step, failureOf(draft, step, 'permit_denied', 'refused', `A person said no: ${reason}`));
}
