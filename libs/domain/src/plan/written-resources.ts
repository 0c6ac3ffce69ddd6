import { checkExpression } from '../expression/expression';
import type { Path } from '../expression/path';
import { hasExpression, segmentsOf } from '../expression/template-segments';
import type { JsonObject, JsonValue } from '../json';
import { isJsonObject } from '../json';
import type { ResolvedContract } from '../tool-contract';
import type { StepDocument } from './plan';
import { itemNameOf } from './plan-reading';

/** One thing that a step says it writes. */
export interface WrittenResource {
  /** Two of the same name are the same thing. What is not known yet stands in it as the expression that will say it. */
  readonly name: string;
  /** Named by the item of a `forEach`, so that each item writes another one. */
  readonly isOfItem: boolean;
}

/**
 * What a step certainly writes, by its contract and the input that the plan gives it. A name that hangs on more than a
 * path into that input is left out: nothing certain can be said of it.
 */
export function resourcesOf(step: StepDocument, contract: ResolvedContract | undefined): readonly WrittenResource[] {
  return (contract?.writes ?? []).flatMap((template) => {
    const name = nameOf(template, step.input ?? {});
    return name === undefined ? [] : [{ name, isOfItem: step.forEach !== undefined && readsItem(name, step) }];
  });
}

function nameOf(template: string, input: JsonObject): string | undefined {
  let name = '';
  for (const segment of segmentsOf(template)) {
    const text = segment.kind === 'text' ? segment.text : givenText(segment.text, input);
    if (text === undefined) return undefined;
    name += text;
  }
  return name;
}

function givenText(expression: string, input: JsonObject): string | undefined {
  const checked = checkExpression(expression, ['input']);
  const value = checked.ok && checked.whole ? valueAt(input, checked.whole) : undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'string') return hasExpression(value) ? normalised(value) : value;
  return typeof value === 'object' ? undefined : String(value);
}

function valueAt(input: JsonObject, { keys }: Path): JsonValue | undefined {
  let value: JsonValue | undefined = input;
  for (const key of keys) {
    if (Array.isArray(value)) value = value[Number(key)];
    else value = isJsonObject(value) && Object.hasOwn(value, String(key)) ? value[String(key)] : undefined;
  }
  return value;
}

/** Spaces around an expression mean nothing. */
const normalised = (text: string): string =>
  segmentsOf(text)
    .map((segment) => (segment.kind === 'text' ? segment.text : `\${{ ${segment.text} }}`))
    .join('');

function readsItem(name: string, step: StepDocument): boolean {
  return segmentsOf(name).some((segment) => {
    if (segment.kind === 'text') return false;
    const checked = checkExpression(segment.text, ['input', 'steps', itemNameOf(step)]);
    return checked.ok && checked.paths.some((path) => path.root === itemNameOf(step));
  });
}
