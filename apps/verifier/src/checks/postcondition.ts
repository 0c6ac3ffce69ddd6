import type { JsonValue } from '@muster/domain';
import { checkExpressionHolds, type StepViews } from './expression';
import type { Finding } from './finding';

export interface Outcome {
  readonly input: JsonValue;
  readonly output: JsonValue;
  readonly steps: StepViews;
  /** The item of a `forEach` under its name. */
  readonly item?: { readonly name: string; readonly value: JsonValue };
}

/** A step's own `check`: what its author says must be so afterwards. */
export function checkPostcondition(check: string, { input, output, steps, item }: Outcome): Finding {
  const scope = { ...(item && { [item.name]: item.value }), input, output, steps };
  return checkExpressionHolds('postcondition', 'check_failed', check, scope);
}
