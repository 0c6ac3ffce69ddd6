import { hasEnded, type StepState } from '../lifecycle/step.lifecycle';
import type { TaskState } from '../lifecycle/task.lifecycle';

/** What a task's history says its rows are. */
export interface Folded {
  state: TaskState;
  fence: number;
  steps: Map<string, { state: StepState; epoch: number }>;
}

interface Told {
  state?: TaskState;
  fence?: number;
  open?: string[];
  steps?: Record<string, [StepState, number]>;
  closed?: StepState;
}

/**
 * Folds a task's events, in order, to the states of its rows. Every event that moves something names where to: `state`
 * and `fence` for the task, `steps` as `{key: [state, epoch]}`, `open` for the keys that a plan brought, and `closed`
 * for the state that every step not yet ended was closed with.
 */
export function foldEvents(events: readonly { data: string }[]): Folded {
  const folded = emptyFold();
  for (const event of events) foldEvent(folded, event);
  return folded;
}

/** Before the first event. */
export const emptyFold = (): Folded => ({ state: 'accepted', fence: 0, steps: new Map() });

/** Folds one more event into what those before it gave. */
export function foldEvent(folded: Folded, event: { data: string }): void {
  const told = JSON.parse(event.data) as Told;
  if (told.state) folded.state = told.state;
  if (told.fence !== undefined) folded.fence = told.fence;
  for (const key of told.open ?? []) folded.steps.set(key, { state: 'pending', epoch: 0 });
  for (const [key, [state, epoch]] of Object.entries(told.steps ?? {})) folded.steps.set(key, { state, epoch });
  if (told.closed) closeOpen(folded, told.closed);
}

function closeOpen(folded: Folded, state: StepState): void {
  for (const step of folded.steps.values()) if (!hasEnded(step.state)) step.state = state;
}
