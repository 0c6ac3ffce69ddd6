import type { Subjects } from '@muster/chassis';
import { type CoordinatorDoorbell, QUEUES } from '@muster/contracts';
import { LIMITS } from '@muster/domain';
import type { Doorbell, Doorbells } from './doorbells';
import { Gathering } from './gathering';

/** The fault points of a service right before and after it rings. */
export interface RingPoints {
  before(subjects: Subjects): void;
  after(subjects: Subjects): void;
}

type Item = readonly [kind: keyof CoordinatorDoorbell, id: string];

const KINDS: readonly Item[0][] = ['steps', 'tasks', 'workers'];

/** Tells coordinators what has something new. */
export class AnswerBell {
  private readonly gathering: Gathering<Item>;

  constructor(doorbells: Doorbells, points?: RingPoints) {
    this.gathering = new Gathering(doorbells, QUEUES.coordinator, {
      pack: (items) => KINDS.flatMap((kind) => jobsOf(kind, items)),
      before: (items) => points?.before(() => items.map(([, id]) => id)),
      after: (items) => points?.after(() => items.map(([, id]) => id)),
    });
  }

  ring(kind: keyof CoordinatorDoorbell, ids: Iterable<string>): void {
    this.gathering.add(Array.from(ids, (id) => [kind, id] as const));
  }
}

// A job id that is taken would silence the ring: each gets its own.
function jobsOf(kind: keyof CoordinatorDoorbell, items: readonly Item[]): Doorbell[] {
  const ids = [...new Set(items.flatMap(([of, id]) => (of === kind ? [id] : [])))];
  return Array.from({ length: Math.ceil(ids.length / LIMITS.DOORBELL_ITEMS_MAX) }, (_, index) => ({
    name: 'answer',
    data: { [kind]: ids.slice(index * LIMITS.DOORBELL_ITEMS_MAX, (index + 1) * LIMITS.DOORBELL_ITEMS_MAX) },
    id: crypto.randomUUID(),
  }));
}
