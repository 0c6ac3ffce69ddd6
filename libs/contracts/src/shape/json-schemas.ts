import { type Field, fieldsOf, type JsonSchema, type ShapeClass } from './fields';

/** The JSON Schema (2020-12) of each shape and of those inside it, by name; `refTo` says where they will stand. */
export function jsonSchemasOf(
  shapes: readonly ShapeClass[],
  refTo: (name: string) => string,
): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = {};
  const waiting = [...shapes];
  for (let shape = waiting.pop(); shape; shape = waiting.pop()) {
    if (schemas[shape.name]) continue;
    const fields = [...fieldsOf(shape).values()];
    schemas[shape.name] = schemaOf(fields, refTo);
    waiting.push(...fields.flatMap((field) => field.nested?.classes() ?? []));
  }
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const schemaOf = (fields: readonly Field[], refTo: (name: string) => string): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(fields.map((field) => [field.name, propertyOf(field, refTo)])),
  required: fields.filter((field) => !field.optional).map((field) => field.name),
  additionalProperties: false,
});

function propertyOf({ schema, nested }: Field, refTo: (name: string) => string): JsonSchema {
  if (!nested) return schema;
  const refs = nested.classes().map((shape) => ({ $ref: refTo(shape.name) }));
  const choices = [...(nested.words ? [{ type: 'string', enum: [...nested.words] }] : []), ...refs];
  const inner = choices.length === 1 ? choices[0]! : { anyOf: choices };
  return nested.each ? { ...schema, items: inner } : { ...schema, ...inner };
}
