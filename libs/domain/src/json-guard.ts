import type { JsonValue } from './json';
import { childPointer } from './json-pointer';
import { LIMITS } from './limits';
import { isWellFormed } from './well-formed';

export type GuardedJson =
  | { readonly ok: true; readonly value: JsonValue }
  | {
      readonly ok: false;
      readonly code: 'malformed' | 'too_deep' | 'forbidden_key';
      /** RFC 6901, from the body; the whole body where the place has no name. */
      readonly pointer: string;
      readonly message: string;
    };

/**
 * Parses JSON from outside. Depth is counted before anything is parsed, so that no body can overflow a stack; keys that
 * would reach a prototype are refused where they stand, since libraries behind this door drop or follow them silently.
 */
export function guardJson(text: string): GuardedJson {
  if (exceedsDepth(text)) {
    return refusal('too_deep', '', `The body is nested deeper than ${LIMITS.JSON_DEPTH_MAX} levels.`);
  }
  try {
    const value = JSON.parse(text) as JsonValue;
    return firstFault(value) ?? { ok: true, value };
  } catch (error) {
    return refusal('malformed', '', `The body is not JSON: ${(error as SyntaxError).message}.`);
  }
}

type Refusal = Exclude<GuardedJson, { readonly ok: true }>;

const refusal = (code: Refusal['code'], pointer: string, message: string): Refusal => ({
  ok: false,
  code,
  pointer,
  message,
});

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENERS: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSERS: ReadonlySet<number> = new Set([0x5d, 0x7d]);

function exceedsDepth(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (OPENERS.has(code) && ++depth > LIMITS.JSON_DEPTH_MAX) return true;
    else if (CLOSERS.has(code)) depth--;
  }
  return false;
}

function endOfString(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}

interface Place {
  readonly value: object;
  /** The key it stands under. */
  readonly key: string | number;
  readonly parent?: Place;
}

// An explicit stack, and pointers only for what is refused: bodies may have millions of values.
function firstFault(root: JsonValue): Refusal | undefined {
  if (typeof root === 'string' && !isWellFormed(root)) return brokenText('');
  const open: Place[] = typeof root === 'object' && root !== null ? [{ value: root, key: '' }] : [];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const fault = Array.isArray(place.value) ? enterList(place, open) : enterObject(place, open);
    if (fault) return fault;
  }
  return undefined;
}

function enterList(place: Place, open: Place[]): Refusal | undefined {
  const items = place.value as JsonValue[];
  for (let i = 0; i < items.length; i++) {
    const fault = enter(items[i]!, i, place, open);
    if (fault) return fault;
  }
  return undefined;
}

function enterObject(place: Place, open: Place[]): Refusal | undefined {
  for (const [key, value] of Object.entries(place.value as { [key: string]: JsonValue })) {
    if (key === '__proto__' || (key === 'prototype' && place.key === 'constructor')) {
      return refusal('forbidden_key', childPointer(pointerTo(place), key), `The key '${key}' is not allowed.`);
    }
    const fault = isWellFormed(key) ? enter(value, key, place, open) : brokenText(pointerTo(place));
    if (fault) return fault;
  }
  return undefined;
}

function enter(value: JsonValue, key: string | number, parent: Place, open: Place[]): Refusal | undefined {
  if (typeof value === 'string' && !isWellFormed(value)) return brokenText(childPointer(pointerTo(parent), key));
  if (typeof value === 'object' && value !== null) open.push({ value, key, parent });
  return undefined;
}

const pointerTo = (place: Place): string =>
  place.parent === undefined ? '' : childPointer(pointerTo(place.parent), place.key);

// Half a surrogate pair has no UTF-8 and no canonical form: it could be neither hashed nor stored as it came.
const brokenText = (pointer: string): Refusal =>
  refusal('malformed', pointer, 'The text has half of a surrogate pair, which has no UTF-8 form.');
