import { UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import type { JsonValue } from '../json';
import { isWellFormed } from '../well-formed';
import { charge, current } from './evaluation';
import { ExpressionError } from './expression-error';

/** Characters of text that cost as much as one node. */
const CHARACTERS_PER_COST = 16;

/**
 * A JSON value as CEL sees it. Objects become maps, so that no key of theirs (`constructor`) can mislead the library;
 * whole numbers become int, others (and those too large to be exact) double.
 */
export function toCel(value: JsonValue): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  const { converted } = current();
  const known = converted.get(value);
  if (known !== undefined) return known;
  const made = Array.isArray(value) ? value.map(toCel) : mapOf(value);
  converted.set(value, made);
  return made;
}

function mapOf(value: { [key: string]: JsonValue }): Map<string, unknown> {
  const map = new Map<string, unknown>();
  for (const key of Object.keys(value)) {
    const field = value[key];
    if (field !== undefined) map.set(key, toCel(field));
  }
  return map;
}

/** A result as JSON. An expression can name one list many times, so the whole of what is made is charged. */
export function fromCel(value: unknown): JsonValue {
  charge(1);
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      return textOf(value);
    case 'bigint':
      return wholeNumberOf(value);
    case 'number':
      return finiteNumberOf(value);
    default:
      return compositeOf(value);
  }
}

function textOf(value: string): string {
  charge(textCost(value));
  // Cutting a string can part a pair; such text has no UTF-8 and no canonical form.
  if (!isWellFormed(value)) throw new ExpressionError('The result is text cut in the middle of a character.');
  return value;
}

function wholeNumberOf(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new ExpressionError(`The result ${value} is too large for a JSON number; make it a string.`);
}

function finiteNumberOf(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new ExpressionError(`The result is ${value}, which JSON does not have.`);
}

function compositeOf(value: unknown): JsonValue {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, field]) => [keyText(key), fromCel(field)]));
  if (value instanceof UnsignedInt) return wholeNumberOf(value.valueOf());
  if (value instanceof Date) return value.toISOString();
  throw new ExpressionError('The result is no JSON value: bytes, durations and types have to be turned into one.');
}

function keyText(key: unknown): string {
  if (typeof key === 'string') return textOf(key);
  throw new ExpressionError(`A key of the result is ${String(key)}; keys have to be strings.`);
}

export const textCost = (text: string): number => Math.floor(text.length / CHARACTERS_PER_COST);

/** Charges what reading all of a value costs: what comparing, searching or joining it takes at most. */
export function chargeDeep(value: unknown): void {
  if (typeof value === 'string') {
    charge(textCost(value));
  } else if (value instanceof Map) {
    charge(value.size);
    for (const field of value.values()) chargeDeep(field);
  } else if (Array.isArray(value)) {
    charge(value.length);
    for (const item of value) chargeDeep(item);
  }
}
