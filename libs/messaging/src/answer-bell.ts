import type { Subjects } from '@muster/chassis';
import { type CoordinatorDoorbell, QUEUES } from '@muster/contracts';
import { LIMITS } from '@muster/domain';
import type { Doorbells } from './doorbells';
import { Gathering } from './gathering';

/** The fault points of a service right before and after it rings. */
export interface RingPoints {
  before(subjects: Subjects): void;
  after(subjects: Subjects): void;
}

type Item = readonly [kind: keyof CoordinatorDoorbell, id: string];

/** Tells coordinators what has something new. */
export class AnswerBell {
  private readonly gathering: Gathering<Item>;

  constructor(
    private readonly doorbells: Doorbells,
    private readonly points: RingPoints,
  ) {
    this.gathering = new Gathering(doorbells, QUEUES.coordinator, (items) => {
      this.tell('steps', items);
      this.tell('tasks', items);
    });
  }

  ring(kind: keyof CoordinatorDoorbell, ids: Iterable<string>): void {
    this.gathering.add(Array.from(ids, (id) => [kind, id] as const));
  }

  // A job id that is taken would silence the ring: each gets its own.
  private tell(kind: keyof CoordinatorDoorbell, items: readonly Item[]): void {
    const ids = [...new Set(items.flatMap(([of, id]) => (of === kind ? [id] : [])))];
    if (ids.length === 0) return;
    const jobs = Array.from({ length: Math.ceil(ids.length / LIMITS.DOORBELL_ITEMS_MAX) }, (_, index) => ({
      name: 'answer',
      data: { [kind]: ids.slice(index * LIMITS.DOORBELL_ITEMS_MAX, (index + 1) * LIMITS.DOORBELL_ITEMS_MAX) },
      id: crypto.randomUUID(),
    }));
    this.points.before(() => ids);
    this.doorbells.ring(QUEUES.coordinator, jobs);
    this.points.after(() => ids);
  }
}
