import { hasExpression, mixesText, segmentsOf } from '../expression/template-segments';
import type { JsonValue } from '../json';
import { isJsonObject } from '../json';
import type { Rewrite, Rewriting, WrittenPath } from './expression-rewriting';
import { onlyPathOf, rewriteExpression } from './expression-rewriting';

/** A value of a plan, with its expressions, that stands for a path; `taken`: the keys it makes up for. */
export interface Substitute {
  readonly value: JsonValue;
  readonly taken: number;
}

/** What stands for a path of a template; undefined: it stays as it is. */
export type Substitution = (path: WrittenPath) => Substitute | undefined;

/** A value cannot stand inside an expression. */
export class NoExpressionError extends Error {}

/** Puts values in place of paths, in every expression of a template. */
export function substituteInTemplate(value: JsonValue, substitution: Substitution): JsonValue {
  if (typeof value === 'string') return hasExpression(value) ? substituteInText(value, substitution) : value;
  if (Array.isArray(value)) return value.map((item) => substituteInTemplate(item, substitution));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, substituteInTemplate(member, substitution)]);
  return Object.fromEntries(entries) as JsonValue;
}

/** The same in an expression that stands without `${{ }}`, or in one. */
export function substituteInExpression(text: string, substitution: Substitution): string {
  if (!hasExpression(text)) return rewriteExpression(text, rewriteBy(substitution));
  return segmentsOf(text)
    .map((segment) =>
      segment.kind === 'text' ? segment.text : wrapped(rewriteExpression(segment.text, rewriteBy(substitution))),
    )
    .join('');
}

function substituteInText(text: string, substitution: Substitution): JsonValue {
  const segments = segmentsOf(text);
  const parts = segments.map((segment) => {
    if (segment.kind === 'text') return segment.text;
    const path = onlyPathOf(segment.text);
    const whole = path && substitution(path);
    // As it is, with its own expressions: a value that takes the place of all of a path keeps its type.
    if (whole && whole.taken === path.keys.length) return { value: whole.value };
    return wrapped(rewriteExpression(segment.text, rewriteBy(substitution)));
  });
  const [only] = parts;
  if (parts.length === 1 && typeof only === 'object') return only.value;
  return parts.map((part) => (typeof part === 'string' ? part : asText(part.value))).join('');
}

const wrapped = (expression: string): string => `\${{ ${expression} }}`;

function asText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? wrapped(asExpression(value)) : JSON.stringify(value);
}

const rewriteBy =
  (substitution: Substitution): Rewrite =>
  (path) => {
    const found = substitution(path);
    if (!found) return undefined;
    const { value, taken } = found;
    if (path.isAsked) return presenceOf(value, taken, path);
    const text = asExpression(value);
    // Members that are not there are asked of the value while it runs, whatever types the other members have.
    return { text: typeof value === 'object' && taken < path.keys.length ? `dyn(${text})` : text, taken };
  };

function presenceOf(value: JsonValue, taken: number, { keys }: WrittenPath): Rewriting {
  if (taken === keys.length) return { answer: true };
  if (typeof value !== 'string' || !hasExpression(value)) return { answer: false };
  const text = innerOf(value);
  if (onlyPathOf(text)) return { text, taken };
  throw new NoExpressionError(`'${value}' is no path that 'has' could ask about.`);
}

/** A value of a template as the text of an expression. Throws NoExpressionError where text is mixed with expressions. */
function asExpression(value: JsonValue): string {
  if (typeof value === 'string') return hasExpression(value) ? innerOf(value) : literal(value);
  if (Array.isArray(value)) return `[${value.map(asExpression).join(', ')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, member]) => `${literal(key)}: ${asExpression(member)}`);
  return `{${entries.join(', ')}}`;
}

function innerOf(text: string): string {
  if (mixesText(text)) throw new NoExpressionError(`'${text}' mixes text with an expression.`);
  const inner = segmentsOf(text)[0]!.text;
  return onlyPathOf(inner) ? inner : `(${inner})`;
}

// The escapes of JSON are escapes of CEL as well.
const literal = (text: string): string => JSON.stringify(text);

/** The longest way along `keys` into a template; what an expression gives is not looked into. */
export function walkTemplate(template: JsonValue, keys: readonly (string | number)[]): Substitute {
  let value = template;
  let taken = 0;
  for (const key of keys) {
    const child = Array.isArray(value) ? value[Number(key)] : memberOf(value, String(key));
    if (child === undefined) break;
    value = child;
    taken++;
  }
  return { value, taken };
}

const memberOf = (value: JsonValue, key: string): JsonValue | undefined =>
  isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
