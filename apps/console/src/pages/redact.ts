import type { JsonValue } from '@muster/domain';

const SECRET_NAME =
  /pass(word|phrase)?$|secret|token|authorization|api[-_]?key|credential|cookie|private[-_]?key|signature/i;
const DEPTH_MAX = 32;

/**
 * Hides values whose names say that they are secret. A page is seen over shoulders and ends up in screenshots; whoever
 * needs the value has the API.
 */
export function redact(value: JsonValue, depth = 0): JsonValue {
  if (depth > DEPTH_MAX) return '…';
  if (Array.isArray(value)) return value.map((one) => redact(one, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_NAME.test(name) && inner !== null ? '(hidden)' : redact(inner, depth + 1),
    ]),
  );
}

/** Bytes of a body as a person can read them: JSON indented, other text as it is, the rest by its size. */
export function readable(bytes: Uint8Array, size: number): string {
  const text = Buffer.from(bytes).toString('utf8');
  if (bytes.length < size) return `${redactText(text)}… (the first ${bytes.length} of ${size} bytes)`;
  try {
    return JSON.stringify(redact(JSON.parse(text) as JsonValue), null, 2);
  } catch {
    // No JSON: an HTML error page, say. It is shown as text, escaped like everything else.
    return redactText(text);
  }
}

// A body cut off in the middle cannot be parsed, so names and values are matched in the text itself.
const redactText = (text: string): string =>
  text.replace(/"([^"\\]{1,64})"(\s*:\s*)"(?:[^"\\]|\\.)*"?/g, (whole, name: string, colon: string) =>
    SECRET_NAME.test(name) ? `"${name}"${colon}"(hidden)"` : whole,
  );
