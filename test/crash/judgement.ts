import type { SinkRequest } from '../support/sink/effect-sink';
import { type Cell, sceneOf } from './cells';

/** What came of a cell: from the database, and from the log of the sink, which knows nothing of us. */
export interface Facts {
  readonly cell: Cell;
  /** Whether a process was struck at the cell's point at work for its task. */
  readonly isStruck: boolean;
  readonly state: string;
  /** Why the task waits for a person in the end; empty where it does not. */
  readonly waitsFor: readonly string[];
  /** What a person said, where nobody else could. */
  readonly words: readonly ('happened' | 'absent')[];
  readonly requests: readonly Pick<SinkRequest, 'operation' | 'bodyHash' | 'behaviour'>[];
  /** How often the refused job of a cell that has one stands in the tables. */
  readonly letters: number;
  /** Rows of the cell's task, where it was to be removed. */
  readonly rowsLeft: number;
  /** What really happened; for `transactional`, what stands in our own tables. */
  readonly effects: number;
}

const ENDS: readonly string[] = ['completed', 'failed', 'cancelled'];
/** Answers that say for certain that nothing was done. */
const NOTHING_DONE: readonly string[] = ['unavailable', 'reject'];

/** Everything that the promises forbid and that happened all the same, a sentence for each. */
export function judge(facts: Facts): string[] {
  return [...judgeEnd(facts), ...judgeScene(facts), ...judgeEffects(facts), ...judgeSendings(facts)];
}

function judgeEnd({ cell, isStruck, state, waitsFor }: Facts): string[] {
  const breaches: string[] = [];
  if (!isStruck) breaches.push(`no process was struck at ${cell.point}`);
  if (ENDS.includes(state)) {
    if (!endsOf(cell).includes(state)) breaches.push(`ended as ${state}`);
  } else if (waitsFor.length === 0 || sceneOf(cell.point) === 'cancel') {
    breaches.push(`has neither ended nor waits for a person (${state})`);
  }
  if (waitsFor.includes('')) breaches.push('waits for a person without saying why');
  return breaches;
}

/** How the cell's task may end. */
function endsOf({ point, behaviour }: Cell): readonly string[] {
  const scene = sceneOf(point);
  if (scene === 'cancel') return ['cancelled'];
  if (scene === 'refusal') return ['failed'];
  return behaviour === 'reject' ? ['completed', 'failed'] : ['completed'];
}

function judgeScene({ cell, letters, requests, rowsLeft }: Facts): string[] {
  const scene = sceneOf(cell.point);
  const breaches: string[] = [];
  if (scene === 'letter' && letters !== 1) breaches.push(`the refused job stands in ${letters} letters`);
  if (scene === 'prune' && rowsLeft > 0) breaches.push(`${rowsLeft} rows of what was removed are still there`);
  if (scene === 'refusal' && requests.length > 0) breaches.push('what was refused was sent');
  return breaches;
}

function judgeEffects({ cell, state, effects }: Facts): string[] {
  const breaches: string[] = [];
  if (state === 'completed' && effects === 0) breaches.push('completed without an effect');
  if (cell.effect !== 'none' && effects > 1) breaches.push(`${effects} effects`);
  if (state === 'failed' && effects > 0) breaches.push('failed behind an effect');
  return breaches;
}

function judgeSendings({ cell, requests, words }: Facts): string[] {
  const breaches: string[] = [];
  if (new Set(requests.map(({ operation }) => operation)).size > 1) breaches.push('sent under more than one key');
  if (new Set(requests.map(({ bodyHash }) => bodyHash)).size > 1) breaches.push('sent with different bytes');
  const doubtful = requests.filter(({ behaviour }) => !NOTHING_DONE.includes(behaviour)).length;
  const saidAbsent = words.filter((word) => word === 'absent').length;
  if (cell.effect === 'opaque' && doubtful > 1 + saidAbsent)
    breaches.push(`sent ${doubtful} times on ${saidAbsent} words of a person`);
  return breaches;
}
