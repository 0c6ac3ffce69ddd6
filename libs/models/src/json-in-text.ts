import { guardJson, type JsonValue } from '@muster/domain';

export type JsonInText =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly problem: string };

const FENCE = /```(?:json)?[^\S\n]*\n([\s\S]*?)```/gi;

/** The JSON of a text: all of it, else its last fenced block that is JSON, else what stands from the first brace to the last. */
export function jsonInText(text: string): JsonInText {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: false, problem: 'The answer is empty.' };
  const whole = readGuarded(trimmed);
  if (whole.ok) return whole;
  for (const candidate of candidatesOf(trimmed)) {
    const read = readGuarded(candidate);
    if (read.ok) return read;
  }
  return { ok: false, problem: problemOf(trimmed, whole.message) };
}

function candidatesOf(text: string): string[] {
  const fenced = [...text.matchAll(FENCE)].map((match) => match[1]!.trim()).reverse();
  const braced = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  return braced.startsWith('{') ? [...fenced, braced] : fenced;
}

const problemOf = (text: string, reason: string): string =>
  /^[[{]|```/.test(text)
    ? `The answer begins as JSON, but it is not complete or not well-formed. ${reason}`
    : 'The answer is prose; it holds no JSON.';

export type GuardedText =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly message: string };

/** JSON that can be recorded and read again as it was: `1e999` cannot, it parses to Infinity and is written as null. */
export function readGuarded(text: string): GuardedText {
  const read = guardJson(text);
  if (!read.ok || holdsOnlyFinite(read.value)) return read;
  return { ok: false, message: 'It holds a number beyond the range of numbers.' };
}

export function holdsOnlyFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(holdsOnlyFinite);
}
