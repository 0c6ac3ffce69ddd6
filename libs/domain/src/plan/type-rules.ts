import type { ExpressionUse } from '../expression/template';
import { hasExpression } from '../expression/template-segments';
import type { JsonValue } from '../json';
import { childPointer } from '../json-pointer';
import type { PathTypes } from './path-types';
import { pathText } from './path-types';
import type { Problem } from './plan';
import { calleeOf } from './plan';
import type { StepReading } from './plan-reading';
import { inputOf } from './plan-reading';
import type { Schema } from './schema-overlap';
import { areDisjoint, childSchema, typesOf, typeText } from './schema-overlap';

/**
 * What cannot fit, by the contracts alone: a path to what a tool never gives, a value where the next tool takes another
 * type. What only may not fit is left to the executor, which checks every input again before anything is sent.
 */
export function* stepTypeProblems(reading: StepReading, types: PathTypes, takes?: Schema): Iterable<Problem> {
  const { input, gate, check } = reading.uses;
  for (const use of [...gate, ...input, ...check]) yield* pathProblems(use, types, reading);
  for (const use of gate) yield* listProblems(use, types, reading);
  if (takes !== undefined && input.length > 0) {
    const wholes = new Map(input.flatMap((use) => (use.whole ? [[use.pointer, use] as const] : [])));
    if (wholes.size > 0)
      yield* fitProblems(inputOf(reading.step), takes, `${reading.pointer}/input`, { wholes, types, reading });
  }
}

/** Paths that lead nowhere, each expression's first. */
export function* pathProblems(use: ExpressionUse, types: PathTypes, around?: StepReading): Iterable<Problem> {
  for (const path of use.paths) {
    const type = types.of(path, around);
    if (type.ok) continue;
    yield { pointer: use.pointer, code: 'unknown_output', message: type.message };
    return;
  }
}

function* listProblems(use: ExpressionUse, types: PathTypes, around: StepReading): Iterable<Problem> {
  if (!use.whole || !use.pointer.endsWith('/forEach')) return;
  const type = types.of(use.whole, around);
  if (!type.ok || typesOf(type.schema).has('array')) return;
  yield {
    pointer: use.pointer,
    code: 'type_mismatch',
    message: `A forEach takes a list. ${givesText(use, type.schema)}`,
  };
}

interface Fitting {
  readonly wholes: ReadonlyMap<string, ExpressionUse>;
  readonly types: PathTypes;
  readonly reading: StepReading;
}

function* fitProblems(value: JsonValue, takes: Schema, pointer: string, fitting: Fitting): Iterable<Problem> {
  if (typeof value === 'string') {
    if (hasExpression(value)) yield* mismatch(takes, pointer, fitting);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const inner = childSchema(takes, Array.isArray(value) ? Number(key) : key);
    if (inner !== undefined) yield* fitProblems(child, inner, childPointer(pointer, key), fitting);
  }
}

function* mismatch(takes: Schema, pointer: string, { wholes, types, reading }: Fitting): Iterable<Problem> {
  const use = wholes.get(pointer);
  const type = use?.whole ? types.of(use.whole, reading) : undefined;
  if (!use || !type?.ok || !areDisjoint(type.schema, takes)) return;
  const given = givesText(use, type.schema);
  const message = `'${calleeOf(reading.step)}' takes ${typeText(takes)} here. ${given} No value is both.`;
  yield { pointer, code: 'type_mismatch', message };
}

const givesText = ({ whole }: ExpressionUse, schema: Schema): string =>
  `'${whole ? pathText([whole.root, ...whole.keys]) : ''}' gives ${typeText(schema)}.`;
