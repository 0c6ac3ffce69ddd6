import type { Subjects } from '@muster/chassis';
import { type CoordinatorDoorbell, QUEUES } from '@muster/contracts';
import { LIMITS } from '@muster/domain';
import type { Doorbells } from './doorbells';

/** The fault points of a service right before and after it rings. */
export interface RingPoints {
  before(subjects: Subjects): void;
  after(subjects: Subjects): void;
}

/**
 * Tells coordinators what has something new. One ring is under way at a time: what arrives meanwhile, or in the same turn
 * of the event loop, rings together.
 */
export class AnswerBell {
  private readonly waiting: Record<keyof CoordinatorDoorbell, Set<string>> = { steps: new Set(), tasks: new Set() };
  private ringing: Promise<void> | undefined;

  constructor(
    private readonly doorbells: Doorbells,
    private readonly points: RingPoints,
  ) {}

  ring(kind: keyof CoordinatorDoorbell, ids: Iterable<string>): void {
    for (const id of ids) this.waiting[kind].add(id);
    this.ringing ??= this.drain();
  }

  private async drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.steps.size + this.waiting.tasks.size > 0) {
      this.tell('steps');
      this.tell('tasks');
      await this.doorbells.settled(QUEUES.coordinator);
    }
    this.ringing = undefined;
  }

  // A job id that is taken would silence the ring: each gets its own.
  private tell(kind: keyof CoordinatorDoorbell): void {
    const ids = [...this.waiting[kind]];
    if (ids.length === 0) return;
    this.waiting[kind].clear();
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
