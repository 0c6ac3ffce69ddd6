import type { JsonValue } from '@muster/domain';
import { checkExpressionHolds, type StepViews } from './expression';
import type { Finding } from './finding';

export interface TaskClaims {
  readonly completion: readonly string[];
  readonly invariants: readonly string[];
}

/** Every criterion and invariant of a task, each with a finding of its own: a person wants to see all that fail. */
export function checkCriteria(claims: TaskClaims, input: JsonValue, steps: StepViews): Finding[] {
  const scope = { input, steps };
  return [
    ...claims.completion.map((text) => checkExpressionHolds('criterion', 'criterion_failed', text, scope)),
    ...claims.invariants.map((text) => checkExpressionHolds('invariant', 'invariant_violated', text, scope)),
  ];
}
