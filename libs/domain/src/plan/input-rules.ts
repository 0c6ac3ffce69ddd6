import { containsExpression } from '../expression/template';
import { hasExpression, mixesText } from '../expression/template-segments';
import type { JsonObject, JsonValue } from '../json';
import type { SchemaViolation } from '../json-schema';
import { schemaFault, schemaOf } from '../json-schema';
import type { ResolvedContract } from '../tool-contract';
import type { Problem } from './plan';

/** Keywords that judge an object or list by what is written around its expressions, whatever these turn out to be. */
const SHAPE_KEYWORDS: ReadonlySet<string> = new Set([
  ...['required', 'dependentRequired', 'additionalProperties', 'unevaluatedProperties', 'propertyNames', 'type'],
  ...['minProperties', 'maxProperties', 'minItems', 'maxItems'],
]);

/** Keywords under which a violation in one place may be made up for in another. */
const BRANCHES: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'not', 'if', 'contains', 'dependentSchemas']);

/**
 * What is certainly wrong with a step's input before any expression has a value. What an expression stands in for is
 * left to the executor, which checks the whole input again before anything is sent.
 */
export function inputProblems(
  input: JsonObject,
  contract: Pick<ResolvedContract, 'name' | 'input'>,
  pointer: string,
): Problem[] {
  // A contract with a bad schema is not registered; one that is nevertheless refuses at its first call.
  if (schemaFault(contract.input) !== undefined) return [];
  const violations = schemaOf(contract.input).violationsOf(input);
  if (violations.length === 0) return [];
  const certain = containsExpression(input) ? certainOf(violations, input, contract.input) : violations;
  return certain.map((violation) => ({
    pointer: pointer + violation.pointer,
    code: violation.keyword === 'required' ? 'required' : 'bad_input',
    message: `'${contract.name}' does not take this input: ${violation.message}.`,
  }));
}

function certainOf(violations: readonly SchemaViolation[], input: JsonObject, schema: JsonObject): SchemaViolation[] {
  if (hasBranches(schema)) return [];
  return violations.filter((violation) => isCertain(violation, valueAt(input, violation)));
}

function isCertain({ keyword }: SchemaViolation, value: JsonValue | undefined): boolean {
  if (value === undefined) return true;
  if (typeof value === 'string' && hasExpression(value)) return keyword === 'type' && mixesText(value);
  return SHAPE_KEYWORDS.has(keyword) || !containsExpression(value);
}

const hasBranches = (schema: JsonValue): boolean =>
  typeof schema === 'object' &&
  schema !== null &&
  Object.entries(schema).some(([key, value]) => BRANCHES.has(key) || hasBranches(value));

/** The value a violation is about; undefined where it is about a property that is missing or too many. */
function valueAt(input: JsonObject, { pointer, keyword }: SchemaViolation): JsonValue | undefined {
  if (keyword === 'required' || keyword.endsWith('Properties')) return undefined;
  let value: JsonValue | undefined = input;
  for (const part of pointer.split('/').slice(1)) value = fieldOf(value, unescaped(part));
  return value;
}

const unescaped = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

const fieldOf = (value: JsonValue | undefined, key: string): JsonValue | undefined =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as { readonly [key: string]: JsonValue })[key]
    : undefined;
