import { childPointer, isJsonObject, type JsonObject, nearestName, type Problem } from '@muster/domain';
import { type ValidationError, validateSync } from 'class-validator';
import { type Field, fieldsOf, type Nested, type ShapeClass } from './fields';

/**
 * Every way in which a JSON value differs from a shape, each with its pointer; none where it is one. Pure. The value is
 * neither copied nor changed: bodies can be large, and what passed is used as it came.
 */
export function shapeProblems(shape: ShapeClass, value: unknown, pointer = ''): Problem[] {
  const problems: Problem[] = [];
  checkObject(shape, value, pointer, problems);
  return problems;
}

/** The code of a problem that concerns a name nobody declared; everything else about the value was still checked. */
export const UNKNOWN_FIELD = 'unknown_field';

function checkObject(shape: ShapeClass, value: unknown, pointer: string, problems: Problem[]): void {
  if (!isJsonObject(value)) {
    problems.push({ pointer, code: 'type', message: `This must be an object, not ${kindOf(value)}.` });
    return;
  }
  const fields = declared(shape);
  checkNames(fields, value, pointer, problems);
  checkRules(shape, fields, value, pointer, problems);
  for (const field of fields.values()) if (field.nested) checkNested(field, field.nested, value, pointer, problems);
}

const cache = new WeakMap<ShapeClass, ReadonlyMap<string, Field>>();

function declared(shape: ShapeClass): ReadonlyMap<string, Field> {
  const known = cache.get(shape) ?? fieldsOf(shape);
  cache.set(shape, known);
  return known;
}

function checkNames(fields: ReadonlyMap<string, Field>, value: JsonObject, pointer: string, problems: Problem[]): void {
  for (const name of Object.keys(value)) {
    if (fields.has(name)) continue;
    const meant = nearestName(name, fields.keys());
    const hint = meant ? ` Did you mean '${meant}'?` : '';
    const message = `There is no field '${name}' here.${hint}`;
    problems.push({ pointer: childPointer(pointer, name), code: UNKNOWN_FIELD, message });
  }
}

// Only declared fields reach class-validator: a body's own `constructor` would otherwise choose the rules.
function checkRules(
  shape: ShapeClass,
  fields: ReadonlyMap<string, Field>,
  value: JsonObject,
  pointer: string,
  problems: Problem[],
): void {
  const candidate = new shape() as Record<string, unknown>;
  for (const name of fields.keys()) if (Object.hasOwn(value, name)) candidate[name] = value[name];
  for (const error of validateSync(candidate, { forbidUnknownValues: false, validationError: { target: false } })) {
    const field = fields.get(error.property);
    if (field) problems.push(...problemsOf(error, field, childPointer(pointer, error.property)));
  }
}

function problemsOf(error: ValidationError, field: Field, pointer: string): Problem[] {
  if (error.value === undefined) return [{ pointer, code: 'required', message: `'${field.name}' is required.` }];
  const wrong = elementsOfWrongType(error.value, field, pointer);
  if (wrong.length > 0) return wrong;
  const constraints = Object.entries(error.constraints ?? {}).filter(([name]) => name !== 'isDefined');
  // One wrong value often breaks several rules; the type is the one that explains the others.
  const [name, message] = constraints.find(([rule]) => codeOf(rule) === 'type') ??
    constraints[0] ?? ['invalid', 'is not valid'];
  return [{ pointer, code: codeOf(name), message: `${message}.` }];
}

function elementsOfWrongType(value: unknown, { elements }: Field, pointer: string): Problem[] {
  if (!elements || !Array.isArray(value)) return [];
  return value.flatMap((element, index) => {
    const message = `This must be a ${elements}, not ${kindOf(element)}.`;
    return typeof element === elements ? [] : [{ pointer: childPointer(pointer, index), code: 'type', message }];
  });
}

function checkNested(field: Field, nested: Nested, value: JsonObject, pointer: string, problems: Problem[]): void {
  const inner = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
  const here = childPointer(pointer, field.name);
  if (!nested.each && inner !== undefined) checkChosen(nested, inner, here, problems);
  if (!nested.each || !Array.isArray(inner)) return;
  for (const [index, element] of inner.entries()) checkChosen(nested, element, childPointer(here, index), problems);
}

function checkChosen(nested: Nested, value: unknown, pointer: string, problems: Problem[]): void {
  if (nested.words?.includes(value as string)) return;
  const shape = isJsonObject(value) ? shapeFor(nested, value) : undefined;
  if (shape) checkObject(shape, value, pointer, problems);
  else problems.push(isJsonObject(value) ? noChoice(nested, value, pointer) : noObject(nested, value, pointer));
}

function shapeFor({ by, classes }: Nested, value: JsonObject): ShapeClass | undefined {
  if (!by) return classes()[0];
  const choice = value[by.name];
  return typeof choice === 'string' && Object.hasOwn(by.shapes, choice) ? by.shapes[choice] : undefined;
}

function noChoice({ by }: Nested, value: JsonObject, pointer: string): Problem {
  const { name = '', shapes = {} } = by ?? {};
  const message = `'${name}' must be one of ${Object.keys(shapes).join(', ')}.`;
  const code = value[name] === undefined ? 'required' : 'not_allowed';
  return { pointer: childPointer(pointer, name), code, message };
}

function noObject({ words = [] }: Nested, value: unknown, pointer: string): Problem {
  const choices = [...words.map((word) => `'${word}'`), 'an object'].join(' or ');
  return { pointer, code: 'type', message: `This must be ${choices}, not ${kindOf(value)}.` };
}

const TYPE_RULES = ['isString', 'isInt', 'isNumber', 'isBoolean', 'isArray', 'isObject', 'isTextMap'];
const CODES: Readonly<Record<string, string>> = {
  isIn: 'not_allowed',
  isMoment: 'format',
  matches: 'format',
  isLength: 'length',
  arrayMaxSize: 'too_many',
  arrayMinSize: 'too_few',
  min: 'range',
  max: 'range',
};

const codeOf = (rule: string): string => (TYPE_RULES.includes(rule) ? 'type' : (CODES[rule] ?? 'invalid'));

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
