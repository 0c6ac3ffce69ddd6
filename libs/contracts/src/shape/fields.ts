import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import { IsMoment, IsTextMap } from './constraints';

export type JsonSchema = { readonly [keyword: string]: unknown };
export type ShapeClass = new () => object;

export interface FieldOptions {
  readonly optional?: boolean;
  readonly description?: string;
  readonly example?: unknown;
}

export interface Field {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly optional: boolean;
  /** Set where the value, or each element of it, has a shape of its own. */
  readonly nested?: Nested;
  /** Set for lists of plain values, so that a problem can point to the element. */
  readonly elements?: 'string' | 'number';
}

export interface Nested {
  readonly classes: () => ShapeClass[];
  readonly each: boolean;
  /** The member whose value says which of several shapes it is. */
  readonly by?: { readonly name: string; readonly shapes: Readonly<Record<string, ShapeClass>> };
  /** Words that may stand in place of an object. */
  readonly words?: readonly string[];
}

const fieldsOfClass = new Map<ShapeClass, Map<string, Field>>();

/** The declared fields of a shape, those of the classes it extends among them. */
export function fieldsOf(shape: ShapeClass): ReadonlyMap<string, Field> {
  const parent: unknown = Object.getPrototypeOf(shape);
  const inherited = typeof parent === 'function' && parent.prototype ? fieldsOf(parent as ShapeClass) : [];
  return new Map([...inherited, ...(fieldsOfClass.get(shape) ?? [])]);
}

// One decorator says a field's rule (class-validator) and its published schema, so that the two cannot drift apart.
function field(
  options: FieldOptions,
  schema: JsonSchema,
  rules: PropertyDecorator[],
  more: Pick<Field, 'nested' | 'elements'> = {},
): PropertyDecorator {
  return (target, property) => {
    const shape = target.constructor as ShapeClass;
    const name = String(property);
    const fields = fieldsOfClass.get(shape) ?? new Map<string, Field>();
    fieldsOfClass.set(shape, fields);
    fields.set(name, { name, optional: options.optional === true, schema: described(schema, options), ...more });
    // Null is a value that was given: only what is missing is let off.
    const presence = options.optional ? ValidateIf((_, value) => value !== undefined) : IsDefined();
    for (const rule of [presence, ...rules]) rule(target, property);
  };
}

const described = (schema: JsonSchema, { description, example }: FieldOptions): JsonSchema => ({
  ...schema,
  ...(description === undefined ? {} : { description }),
  ...(example === undefined ? {} : { examples: [example] }),
});

type TextOptions = FieldOptions & { readonly min?: number; readonly max?: number; readonly pattern?: RegExp };

export const Text = (options: TextOptions = {}): PropertyDecorator =>
  field(options, textSchema(options), [IsString(), ...textRules(options, false)]);

export const Texts = (options: TextOptions & { readonly itemsMax?: number } = {}): PropertyDecorator =>
  field(
    options,
    { type: 'array', items: textSchema(options), ...maxItems(options.itemsMax) },
    [...listRules(options), IsString({ each: true }), ...textRules(options, true)],
    { elements: 'string' },
  );

type ListOptions = { readonly itemsMin?: number; readonly itemsMax?: number };

const listRules = ({ itemsMin, itemsMax }: ListOptions): PropertyDecorator[] => [
  IsArray(),
  ...(itemsMin === undefined ? [] : [ArrayMinSize(itemsMin)]),
  ...(itemsMax === undefined ? [] : [ArrayMaxSize(itemsMax)]),
];

const maxItems = (most: number | undefined): JsonSchema => (most === undefined ? {} : { maxItems: most });

const textSchema = ({ min, max, pattern }: TextOptions): JsonSchema => ({
  type: 'string',
  ...(min === undefined ? {} : { minLength: min }),
  ...(max === undefined ? {} : { maxLength: max }),
  ...(pattern === undefined ? {} : { pattern: pattern.source }),
});

function textRules({ min, max, pattern }: TextOptions, each: boolean): PropertyDecorator[] {
  const length = min === undefined && max === undefined ? [] : [Length(min ?? 0, max, { each })];
  return [...length, ...(pattern === undefined ? [] : [Matches(pattern, { each })])];
}

type NumberOptions = FieldOptions & { readonly min?: number; readonly max?: number };

const numberSchema = (type: string, { min, max }: NumberOptions): JsonSchema => ({
  type,
  ...(min === undefined ? {} : { minimum: min }),
  ...(max === undefined ? {} : { maximum: max }),
});

const bounds = ({ min, max }: NumberOptions, each: boolean): PropertyDecorator[] => [
  ...(min === undefined ? [] : [Min(min, { each })]),
  ...(max === undefined ? [] : [Max(max, { each })]),
];

export const Whole = (options: NumberOptions = {}): PropertyDecorator =>
  field(options, numberSchema('integer', options), [IsInt(), ...bounds(options, false)]);

export const Quantity = (options: NumberOptions = {}): PropertyDecorator =>
  field(options, numberSchema('number', options), [IsNumber(), ...bounds(options, false)]);

export const Wholes = (options: NumberOptions & { readonly itemsMax?: number } = {}): PropertyDecorator =>
  field(
    options,
    { type: 'array', items: numberSchema('integer', options), ...maxItems(options.itemsMax) },
    [...listRules(options), IsInt({ each: true }), ...bounds(options, true)],
    { elements: 'number' },
  );

export const Flag = (options: FieldOptions = {}): PropertyDecorator =>
  field(options, { type: 'boolean' }, [IsBoolean()]);

export const OneOf = (values: readonly string[], options: FieldOptions = {}): PropertyDecorator =>
  field(options, { type: 'string', enum: [...values] }, [IsIn(values)]);

/** RFC 3339, with a time zone. */
export const Moment = (options: FieldOptions = {}): PropertyDecorator =>
  field(options, { type: 'string', format: 'date-time' }, [IsMoment()]);

/** Any JSON value. */
export const Json = (options: FieldOptions = {}): PropertyDecorator => field(options, {}, []);

/** A JSON object whose members are not our business; `schema` refines what is published. */
export const JsonMap = (options: FieldOptions & { readonly schema?: JsonSchema } = {}): PropertyDecorator =>
  field(options, options.schema ?? { type: 'object' }, [IsObject()]);

/** An object whose members are strings. */
export const TextMap = (options: FieldOptions & { readonly entriesMax: number }): PropertyDecorator =>
  field(options, { type: 'object', additionalProperties: { type: 'string' }, maxProperties: options.entriesMax }, [
    IsTextMap(options.entriesMax),
  ]);

export const Shape = (
  shape: () => ShapeClass,
  options: FieldOptions & { readonly words?: readonly string[] } = {},
): PropertyDecorator =>
  field(options, {}, [], { nested: { classes: () => [shape()], each: false, words: options.words } });

/** One of several shapes, told apart by the member `name`. */
export const ShapeOf = (
  name: string,
  shapes: Readonly<Record<string, ShapeClass>>,
  options: FieldOptions = {},
): PropertyDecorator =>
  field(options, {}, [], { nested: { classes: () => Object.values(shapes), each: false, by: { name, shapes } } });

export const Shapes = (shape: () => ShapeClass, options: FieldOptions & ListOptions = {}): PropertyDecorator =>
  field(
    options,
    {
      type: 'array',
      ...(options.itemsMin === undefined ? {} : { minItems: options.itemsMin }),
      ...maxItems(options.itemsMax),
    },
    listRules(options),
    { nested: { classes: () => [shape()], each: true } },
  );
