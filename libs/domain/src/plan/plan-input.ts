import type { JsonObject, JsonValue } from '../json';
import { childPointer } from '../json-pointer';
import { schemaFault, schemaOf } from '../json-schema';
import type { PlanDocument, Problem } from './plan';

/** What a plan may write instead of a schema: `input: { email: string }`. */
const TYPE_NAMES: readonly string[] = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/** Which of a plan's input declarations are neither a type's name nor a JSON Schema. */
export function declarationProblems(document: PlanDocument, pointer: string): Problem[] {
  return Object.entries(document.input ?? {}).flatMap(([name, declared]) => {
    const fault = schemaFault(schemaForDeclared(declared));
    if (fault === undefined) return [];
    const message = `Declare an input as ${TYPE_NAMES.join(', ')} or as a JSON Schema: ${fault}.`;
    return [{ pointer: childPointer(`${pointer}/input`, name), code: 'bad_schema', message }];
  });
}

/** Where a task's input is not what the plan declares. Every declared input is required; more is allowed. */
export function checkPlanInput(document: PlanDocument, input: JsonValue | undefined, pointer = '/input'): Problem[] {
  if (document.input === undefined) return [];
  const schema: JsonObject = {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(document.input).map(([name, type]) => [name, schemaForDeclared(type)]),
    ),
    required: Object.keys(document.input),
  };
  return schemaOf(schema)
    .violationsOf(input ?? {})
    .map(({ pointer: at, keyword, message }) => ({
      pointer: pointer + at,
      code: keyword === 'required' ? 'required' : 'bad_input',
      message: `The plan declares its input otherwise: ${message}.`,
    }));
}

export const schemaForDeclared = (declared: JsonValue): JsonValue =>
  typeof declared === 'string' ? { type: declared } : declared;
