import type { JsonValue } from '@muster/domain';

/** JSON as a text column keeps it; undefined where there is none. */
export const parsed = <T = JsonValue>(text: string | null): T | undefined =>
  text === null ? undefined : (JSON.parse(text) as T);

/** JSON as bytes: a tool may have answered anything, and what is no JSON is not shown as if it were. */
export function parsedBytes(bytes: Buffer | null): JsonValue | undefined {
  if (bytes === null) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')) as JsonValue;
  } catch {
    return undefined;
  }
}

export const hex = (bytes: Buffer | null): string | undefined => bytes?.toString('hex');

export const iso = (at: Date | string | null): string | undefined =>
  at === null ? undefined : new Date(at).toISOString();
