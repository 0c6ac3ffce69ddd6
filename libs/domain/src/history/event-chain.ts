import { createHash } from 'node:crypto';
import { type EventDraft, partsOf } from './event-parts';

/** An event as stored: `at` in milliseconds since 1970, `data` as JSON text, `hash` in hex. */
export interface EventRow {
  readonly seq: number;
  readonly type: string;
  readonly at: number;
  readonly data: string;
  readonly hash: string;
}

/** What the first event of a task is chained to. */
export const CHAIN_START = '0'.repeat(64);

/** Each hash covers the one before it, so that history can be added to and nothing else. */
export function eventHash(previous: string, event: { seq: number; type: string; at: number; data: string }): string {
  const line = `${previous}\n${event.seq}\n${event.type}\n${new Date(event.at).toISOString()}\n${event.data}`;
  return createHash('sha256').update(line).digest('hex');
}

/** Numbers, dates and chains new events behind the last one stored; one that names very many steps as several. */
export function chainEvents(
  drafts: readonly EventDraft[],
  last: { seq: number; hash: string },
  at: number,
): EventRow[] {
  let { seq, hash } = last;
  return drafts.flatMap(partsOf).map((draft) => {
    seq += 1;
    const event = { seq, type: draft.type, at, data: JSON.stringify(draft.data) };
    hash = eventHash(hash, event);
    return { ...event, hash };
  });
}

/** Why this event does not follow from the one before it; undefined where it does. */
export function linkProblem(before: { seq: number; hash: string }, event: EventRow): string | undefined {
  if (event.seq !== before.seq + 1) return `event ${before.seq + 1} is missing`;
  return eventHash(before.hash, event) === event.hash ? undefined : 'its hash does not cover what it says';
}

/** The first event that does not follow from the one before it, and why; undefined where the history is whole. */
export function findBreak(events: readonly EventRow[]): { seq: number; reason: string } | undefined {
  let before = { seq: 0, hash: CHAIN_START };
  for (const event of events) {
    const reason = linkProblem(before, event);
    if (reason) return { seq: event.seq, reason };
    before = event;
  }
  return undefined;
}
