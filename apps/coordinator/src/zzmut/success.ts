import { LIMITS } from '@muster/domain';
import type { Draft } from './draft';
import { succeedStep } from './endings';
import type { OperationRow, StepRow } from './snapshot';

/** A schema-valid answer of a step nobody else has to judge is a success; everything else goes to the verifier. */
export function foldSuccess(draft: Draft, step: StepRow, operation: OperationRow): void {
  if (operation.outputValid === true && !draft.compiled(step).needsVerdict) return succeedStep(draft, step);
  if (step.state === 'verifying') return;
  draft.unpark(step);
  draft.change(
    step.id,
    { state: 'verifying', condition: { kind: 'verdict', round: step.epoch }, dueAt: draft.now + LIMITS.VERDICT_DUE_MS },
    { type: 'step.verifying', data: {} },
  );
  draft.ring({ to: 'verifier', step: { id: step.id, epoch: step.epoch } });
}
