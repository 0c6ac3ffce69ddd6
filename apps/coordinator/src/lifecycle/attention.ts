import type { Moment, TaskConditionRow } from './snapshot';

/** The conditions of a task of which one step more, or one fewer, waits for a person. */
export function attended(
  conditions: readonly TaskConditionRow[],
  change: 1 | -1,
  now: Moment,
  because?: { readonly reason: string; readonly message: string },
): TaskConditionRow[] {
  const others = conditions.filter((condition) => condition.type !== 'NeedsAttention');
  const current = conditions.find((condition) => condition.type === 'NeedsAttention');
  const steps = (current?.steps ?? 0) + change;
  const next: TaskConditionRow = {
    type: 'NeedsAttention',
    status: steps > 0,
    reason: steps > 0 ? (because?.reason ?? current?.reason ?? 'parked') : 'resolved',
    message: steps > 0 ? (because?.message ?? current?.message ?? '') : 'Nothing waits for a person.',
    since: (current?.status ?? false) === steps > 0 && current ? current.since : new Date(now).toISOString(),
    steps,
  };
  return [...others, next];
}
