import { LIMITS } from '../limits';

/** An event before it has its place in a task's history. */
export interface EventDraft {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Keys that were opened before, told further: of a plan, of a `forEach`, whatever began to name them. */
const OPENED = 'step.opened';

/**
 * An event that names more steps than one may, as several that fold to the same: a page of the history stays small
 * however large a plan is. What is not about single steps stays in the first.
 */
export function partsOf(draft: EventDraft): EventDraft[] {
  const { open, steps } = draft.data as { open?: readonly string[]; steps?: Readonly<Record<string, unknown>> };
  const opened = inParts(open ?? []);
  const moved = inParts(Object.entries(steps ?? {}));
  if (opened.length < 2 && moved.length < 2) return [draft];
  const [first, ...more] = opened;
  const [firstMoved, ...moreMoved] = moved;
  return [
    {
      type: draft.type,
      data: {
        ...draft.data,
        ...(first && { open: first }),
        ...(firstMoved && { steps: Object.fromEntries(firstMoved) }),
      },
    },
    ...more.map((keys) => ({ type: OPENED, data: { open: keys } })),
    ...moreMoved.map((entries) => ({ type: draft.type, data: { steps: Object.fromEntries(entries) } })),
  ];
}

function inParts<T>(all: readonly T[]): T[][] {
  const parts = Math.ceil(all.length / LIMITS.EVENT_STEPS_MAX);
  return Array.from({ length: parts }, (_, part) =>
    all.slice(part * LIMITS.EVENT_STEPS_MAX, (part + 1) * LIMITS.EVENT_STEPS_MAX),
  );
}
