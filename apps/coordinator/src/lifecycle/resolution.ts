import { foldAnswer } from './answers';
import type { Resolution } from './decision';
import type { Draft } from './draft';
import { lateAnswer } from './retrying';
import type { OperationRow, StepRow } from './snapshot';

/** A person's word on a parked operation. "Absent" releases one more sending, "happened" settles it. */
export function resolveParked(draft: Draft, resolution: Resolution): void {
  const step = draft.step(resolution.stepId);
  const operation = draft.operation(step);
  if (!operation || operation.id !== resolution.operationId || !isOpen(draft, step, operation)) {
    draft.replies.push('not-open');
    // An answer came after all, and its ring was lost: it moves the step instead.
    if (step.state === 'parked' && operation) foldAnswer(draft, step, operation);
    return;
  }
  const happened = resolution.outcome === 'happened';
  draft.tell('operation.resolved', {
    operation: resolution.operationId,
    outcome: resolution.outcome,
    reason: resolution.reason,
  });
  const settled = draft.conclude(step, {
    state: happened ? 'succeeded' : 'absent',
    resolver: 'person',
    code: null,
    message: resolution.reason,
    release: !happened,
    ...(happened ? { response: { bytes: resolution.output, hash: resolution.outputHash } } : {}),
    evidence: { id: resolution.evidenceId, finding: resolution.outcome, detail: resolution.evidence },
  });
  // The quarantine is lifted: losses are counted anew.
  const { worker_lost: _forgiven, ...attempts } = step.attempts;
  foldAnswer(draft, draft.change(step.id, { attempts }), settled);
  draft.replies.push('done');
}

/** Nobody knows what became of it. What a sender that came back has told weighs more than what a person believes. */
function isOpen(draft: Draft, step: StepRow, operation: OperationRow): boolean {
  return step.state === 'parked' && operation.state === 'unknown' && !lateAnswer(draft, operation);
}
