import { isUtf8 } from 'node:buffer';
import { type JsonValue, LIMITS } from '@muster/domain';

/** A value that was read; absent where the bytes are no JSON that can be kept and hashed. */
export type JsonReading = { readonly value: JsonValue } | undefined;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;

/** Never throws, whatever the bytes: broken UTF-8, truncated text, too deep a nesting and numbers beyond range are no reading. */
export function readJson(bytes: Buffer): JsonReading {
  if (!isUtf8(bytes) || nestsTooDeep(bytes)) return undefined;
  try {
    const value = JSON.parse(bytes.toString('utf8')) as JsonValue;
    return holdsOnlyFinite(value) ? { value } : undefined;
  } catch {
    // The only thing JSON.parse throws at is text that is not JSON: exactly what is reported.
    return undefined;
  }
}

/** Looked at before parsing: 40 MB of brackets keep JSON.parse, and with it the whole process, busy for 13 seconds. */
function nestsTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === BRACKET_OPEN || byte === BRACE_OPEN) {
      if (++depth > LIMITS.JSON_DEPTH_MAX) return true;
    } else if (byte === BRACKET_CLOSE || byte === BRACE_CLOSE) depth--;
  }
  return false;
}

/** `1e999` parses to Infinity, which no JSON text can say again, so its hash could never be checked. */
function holdsOnlyFinite(value: JsonValue): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(holdsOnlyFinite);
}
