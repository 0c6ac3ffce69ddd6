import { canonicalJson } from '../canonical-json';
import type { JsonObject, JsonValue } from '../json';
import { isJsonObject } from '../json';

/**
 * What can be said of two JSON Schemas without running them. Every keyword of a schema narrows it, so that looking at
 * some of them alone gives too many values and never too few: what is called impossible here is impossible.
 */
export type Schema = JsonValue;

/** A schema that nothing is held against. */
export const ANYTHING: Schema = true;

const ALL_TYPES = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'] as const;
type TypeName = (typeof ALL_TYPES)[number];

/** Schemas inside schemas are followed so far; deeper ones overlap. */
const DEPTH_MAX = 16;

/** The types a value of this schema may have. `number` means what is not whole, `integer` what is. */
export function typesOf(schema: Schema): ReadonlySet<TypeName> {
  if (schema === false) return new Set();
  if (!isJsonObject(schema)) return EVERY_TYPE;
  const known = typesKept.get(schema);
  if (known) return known;
  const types = typesOfObject(schema);
  typesKept.set(schema, types);
  return types;
}

// The schemas of contracts live long, and a plan comes back to each of them thousands of times.
const typesKept = new WeakMap<object, ReadonlySet<TypeName>>();
const EVERY_TYPE: ReadonlySet<TypeName> = new Set(ALL_TYPES);

function typesOfObject(schema: JsonObject): ReadonlySet<TypeName> {
  const values = enumerated(schema);
  const declared = declaredTypes(schema.type);
  return values ? new Set(values.map(typeOfValue).filter((type) => declared.has(type))) : declared;
}

function declaredTypes(type: JsonValue | undefined): ReadonlySet<TypeName> {
  const names = typeof type === 'string' ? [type] : Array.isArray(type) ? (type as string[]) : ALL_TYPES;
  return new Set(names.flatMap((name) => (name === 'number' ? (['integer', 'number'] as const) : [name as TypeName])));
}

function enumerated(schema: JsonObject): readonly JsonValue[] | undefined {
  if (schema.const !== undefined) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}

function typeOfValue(value: JsonValue): TypeName {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as 'boolean' | 'string' | 'object';
}

/** The types in words: "string or null". */
export function typeText(schema: Schema): string {
  const types = [...typesOf(schema)];
  const shown = types.includes('number') ? types.filter((type) => type !== 'integer') : types;
  return shown.length === 0 || shown.length >= ALL_TYPES.length - 1 ? 'another value' : shown.join(' or ');
}

/** What stands under a key of a value of this schema; undefined where such a value never has that key. */
export function childSchema(schema: Schema, key: string | number): Schema | undefined {
  if (schema === false) return undefined;
  if (!isJsonObject(schema)) return ANYTHING;
  return typeof key === 'string' ? memberOf(schema, key) : itemOf(schema, key);
}

function memberOf(schema: JsonObject, key: string): Schema | undefined {
  if (!typesOf(schema).has('object')) return undefined;
  const { properties, patternProperties, additionalProperties } = schema;
  if (isJsonObject(properties) && Object.hasOwn(properties, key)) return impossibleAsNone(properties[key]!);
  if (isJsonObject(patternProperties) || additionalProperties === undefined) return ANYTHING;
  return impossibleAsNone(additionalProperties);
}

function itemOf(schema: JsonObject, index: number): Schema | undefined {
  if (!typesOf(schema).has('array')) return undefined;
  const { prefixItems, items } = schema;
  if (Array.isArray(prefixItems) && index < prefixItems.length) return impossibleAsNone(prefixItems[index]!);
  return items === undefined ? ANYTHING : impossibleAsNone(items);
}

const impossibleAsNone = (schema: Schema): Schema | undefined => (schema === false ? undefined : schema);

/** The names a value of this schema is said to have, for a hint. */
export const memberNames = (schema: Schema): readonly string[] =>
  isJsonObject(schema) && isJsonObject(schema.properties) ? Object.keys(schema.properties) : [];

/** Whether it is certain that no value satisfies both. */
export function areDisjoint(one: Schema, other: Schema, depth = 0): boolean {
  if (depth > DEPTH_MAX) return false;
  const others = typesOf(other);
  const shared = [...typesOf(one)].filter((type) => others.has(type));
  if (shared.length === 0) return true;
  if (!isJsonObject(one) || !isJsonObject(other)) return false;
  if (haveNoValueInCommon(one, other)) return true;
  return shared.length === 1 && shared[0] === 'object' && memberIsImpossible(one, other, depth);
}

function haveNoValueInCommon(one: JsonObject, other: JsonObject): boolean {
  const ones = enumerated(one);
  const others = enumerated(other);
  if (!ones || !others) return false;
  const known = new Set(ones.map((value) => canonicalJson(value)));
  return !others.some((value) => known.has(canonicalJson(value)));
}

/** A member that one of them requires, and that cannot be what both say of it. */
function memberIsImpossible(one: JsonObject, other: JsonObject, depth: number): boolean {
  return [...requiredOf(one), ...requiredOf(other)].some((name) => {
    const [ones, others] = [childSchema(one, name), childSchema(other, name)];
    return ones === undefined || others === undefined || areDisjoint(ones, others, depth + 1);
  });
}

const requiredOf = ({ required }: JsonObject): readonly string[] =>
  Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
