/** A line of the desk's log (examples/lost-acknowledgement/desk.mjs says what each means). */
export interface DeskLine {
  readonly at: string;
  readonly what: 'listening' | 'came' | 'applied' | 'answered' | 'reset' | 'unheard' | 'abandoned' | 'asked';
  readonly counter?: 'new' | 'old';
  readonly key?: string;
  readonly delivery?: number;
  readonly applied?: boolean;
  readonly found?: boolean;
  readonly port?: number;
}

/** The last line may be cut off where the desk was stopped in the middle; every earlier one must be whole. */
export function parseDeskLog(text: string): DeskLine[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as DeskLine);
}

export const effectsIn = (log: readonly DeskLine[]): DeskLine[] => log.filter((line) => line.what === 'applied');

/** How a delivery ends; `unheard`: its sender was gone when the ticket was there. */
const ENDS: readonly DeskLine['what'][] = ['answered', 'reset', 'unheard', 'abandoned'];

/** Deliveries the desk has not finished with. */
export function openDeliveries(log: readonly DeskLine[]): number {
  const came = log.filter((line) => line.what === 'came').length;
  return came - log.filter((line) => ENDS.includes(line.what)).length;
}
