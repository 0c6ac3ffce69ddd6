import { faultPoint } from '@muster/chassis';
import { QUEUES } from '@muster/contracts';
import { LIMITS } from '@muster/domain';
import { Doorbells } from '@muster/messaging';
import { Injectable } from '@nestjs/common';

/** Tells the coordinator which steps have something new; what arrives in one turn of the event loop rings together. */
@Injectable()
export class AnswerBell {
  private readonly waiting = new Set<string>();

  constructor(private readonly doorbells: Doorbells) {}

  ring(stepIds: Iterable<string>): void {
    if (this.waiting.size === 0) setImmediate(() => this.flush());
    for (const id of stepIds) this.waiting.add(id);
  }

  private flush(): void {
    const ids = [...this.waiting];
    this.waiting.clear();
    const jobs = Array.from({ length: Math.ceil(ids.length / LIMITS.DOORBELL_ITEMS_MAX) }, (_, index) => ({
      name: 'answer',
      data: { steps: ids.slice(index * LIMITS.DOORBELL_ITEMS_MAX, (index + 1) * LIMITS.DOORBELL_ITEMS_MAX) },
      id: crypto.randomUUID(),
    }));
    faultPoint('executor.before-ring', () => ids);
    this.doorbells.ring(QUEUES.coordinator, jobs);
    faultPoint('executor.after-ring', () => ids);
  }
}
