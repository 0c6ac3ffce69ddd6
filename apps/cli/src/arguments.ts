import type { JsonObject, JsonValue } from '@muster/client';
import { UsageFault } from './usage.fault';

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * `--input` may be given several times: `name=value` sets one, a JSON object sets many, later ones win. A value that
 * reads as JSON is that JSON (`n=3`, `on=true`, `list=[1,2]`); anything else is text.
 */
export function parseInput(texts: readonly string[]): JsonObject | undefined {
  if (texts.length === 0) return undefined;
  return Object.assign(
    {},
    ...texts.map((text) => (text.trimStart().startsWith('{') ? jsonObject(text) : namedValue(text))),
  );
}

function namedValue(text: string): JsonObject {
  const [name, value] = splitName(text, '--input');
  return { [name]: jsonOrText(value) };
}

function jsonObject(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch (cause) {
    throw new UsageFault(`--input is no JSON object: ${cause instanceof Error ? cause.message : text}`);
  }
}

/** `name=value`, repeatable. */
export function parseLabels(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(texts.map((text) => splitName(text, '--label')));
}

function splitName(text: string, option: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageFault(`${option} wants name=value, not '${text}'.`);
  const name = text.slice(0, at);
  if (FORBIDDEN.has(name)) throw new UsageFault(`${option} cannot set '${name}'.`);
  return [name, text.slice(at + 1)];
}

export function jsonOrText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** For repeatable options. */
export const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** `30s`, `5m`, `90d`, `1500ms`, or plain milliseconds. */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)?$/.exec(text) ?? [];
  if (amount === undefined) throw new UsageFault(`'${text}' is no duration; one looks like 30s, 5m, 90d or 1500ms.`);
  return Number(amount) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit ?? 'ms']!;
}

/** An age in days, hours and so on; a bare number would be milliseconds, which nobody means. */
export function parseAge(text: string): number {
  if (/^\d+$/.test(text)) throw new UsageFault(`'${text}' has no unit; an age looks like 30d or 36h.`);
  return parseDuration(text);
}

export function parsePositive(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UsageFault(`'${text}' is no positive whole number.`);
}
