import type { MemoryStore } from './memory.store';

/** The sweeper's statements (task.sql.ts) over the rows in memory: what is past due, and whose sender is gone. */
export class MemorySweep {
  constructor(
    private readonly store: MemoryStore,
    private readonly graceMs: number,
  ) {}

  /** Gives up workers that are gone, and rings at once what they may have held in memory. */
  giveUpWorkers(): void {
    const { workers } = this.store.ledger;
    workers.sweepLocks(this.store.now);
    if (workers.giveUp(this.store.now, this.graceMs) > 0) this.hurry();
  }

  /** Calls in flight whose sender is gone. */
  lost(): string[] {
    const { operations, workers } = this.store.ledger;
    return [...operations.values()].flatMap(({ state, stepId, workerId }) => {
      const worker = workers.get(workerId);
      return state === 'sent' && worker && workers.isGone(worker, this.store.now, this.graceMs) ? [stepId] : [];
    });
  }

  /** Past due, and parked steps of which more is known. */
  due(): { readonly steps: string[]; readonly task: boolean } {
    const { task, steps, now } = this.store;
    return {
      steps: [...steps.values()].flatMap((step) =>
        (step.dueAt !== null && step.dueAt <= now) || (step.state === 'parked' && this.isKnown(step.id))
          ? [step.id]
          : [],
      ),
      task: task.dueAt !== null && task.dueAt <= now,
    };
  }

  private isKnown(stepId: string): boolean {
    const { operations, sendings } = this.store.ledger;
    const operation = operations.get(stepId);
    if (!operation) return false;
    return (
      operation.state !== 'unknown' ||
      sendings.some(({ operationId, late, outcome }) => operationId === operation.id && late && outcome === 'succeeded')
    );
  }

  /** Steps that wait for room. */
  backlog(): string[] {
    return [...this.store.steps.values()].flatMap((step) => (step.state === 'ready' ? [step.id] : []));
  }

  /** The next moment at which a row wants to be looked at, if any does. */
  nextDue(): number | undefined {
    const { task, steps, now } = this.store;
    const due = [task, ...steps.values()].flatMap(({ dueAt }) => (dueAt !== null && dueAt > now ? [dueAt] : []));
    return due.length === 0 ? undefined : Math.min(...due);
  }

  private hurry(): void {
    const { task, steps, now, ledger } = this.store;
    if (task.state === 'verifying' && task.dueAt !== null && task.dueAt > now)
      this.store.task = { ...task, dueAt: now };
    for (const step of steps.values()) {
      const operation = ledger.operations.get(step.id);
      const isInFlight = operation?.state === 'sent' && operation.epoch >= step.epoch;
      const isAwaited = step.state === 'verifying' || (step.state === 'dispatched' && !isInFlight);
      if (step.dueAt !== null && step.dueAt > now && isAwaited) steps.set(step.id, { ...step, dueAt: now });
    }
  }
}
