import { evaluate, type JsonValue, type Scope, type StepView } from '@muster/domain';
import { type Finding, failed, passed } from './finding';

/** Holds one expression against the evidence; it must be true, and nothing like true. */
export function checkExpressionHolds(check: Finding['check'], code: string, expression: string, scope: Scope): Finding {
  const result = evaluate(expression, scope);
  if (!result.ok) return failed(check, 'expression_error', `${expression}: ${result.message}`);
  if (result.value === true) return passed(check, `${expression} is true.`);
  if (result.value === false) return failed(check, code, `${expression} is false.`);
  return failed(check, 'expression_error', `${expression} is neither true nor false, but ${kindOf(result.value)}.`);
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The outputs of other steps as expressions see them. */
export type StepViews = Readonly<Record<string, StepView>>;
