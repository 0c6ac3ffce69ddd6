const MICROS = 1_000_000;

/** What agents used, as people read it: costs are kept in millionths of a dollar. */
export function shownSpending({ costMicros = 0, ...used }: Readonly<Record<string, number>>): Record<string, number> {
  return { ...used, ...(costMicros > 0 && { costUsd: costMicros / MICROS }) };
}
