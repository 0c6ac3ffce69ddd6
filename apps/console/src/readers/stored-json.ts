import { isJsonObject, type JsonValue } from '@muster/domain';

/** JSON kept as text, read leniently: a page must show a broken row too, and then shows what is there. */
export function storedJson(text: string | null): JsonValue {
  if (text === null) return null;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // What is no JSON is still what is stored, and a person may want to see exactly that.
    return text;
  }
}

export interface ShownCondition {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly since?: string;
}

/** The conditions of a task that hold. */
export function conditionsOf(text: string): ShownCondition[] {
  const stored = storedJson(text);
  if (!Array.isArray(stored)) return [];
  return stored
    .filter(isJsonObject)
    .filter((one) => one.status === true)
    .map((one) => ({
      type: String(one.type ?? ''),
      reason: String(one.reason ?? ''),
      message: String(one.message ?? ''),
      since: typeof one.since === 'string' ? one.since : undefined,
    }));
}

export const needsAttention = (conditions: readonly ShownCondition[]): boolean =>
  conditions.some((one) => one.type === 'NeedsAttention');
