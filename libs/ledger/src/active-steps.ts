import type { StepAtEpoch } from '@muster/contracts';

/** Dispatches that were sent and never settled: each is the trace of a run that broke, so that there are few. */
const UNSETTLED_MAX = 10_000;

/**
 * What a process knows of its own doing. A doorbell that comes twice must not claim twice; and a dispatch whose bytes
 * left here is never sent here again, even where its run broke before it could settle: to the ledger a second claim by
 * the same worker is a repeated statement, which it grants.
 */
export class ActiveSteps {
  private readonly ids = new Set<string>();
  /** Epochs by step id, the oldest first. */
  private readonly sent = new Map<string, number>();

  /** The part of a run up to the first step that is under way already, or was sent at this epoch before. */
  take(run: readonly StepAtEpoch[]): readonly StepAtEpoch[] {
    const known = run.findIndex(({ id, epoch }) => this.ids.has(id) || (this.sent.get(id) ?? -1) >= epoch);
    const mine = known < 0 ? run : run.slice(0, known);
    for (const { id } of mine) this.ids.add(id);
    return mine;
  }

  /** To be called before the first byte leaves. */
  noteSent({ stepId, epoch }: { readonly stepId: string; readonly epoch: number }): void {
    this.sent.delete(stepId);
    this.sent.set(stepId, epoch);
    if (this.sent.size > UNSETTLED_MAX) this.sent.delete(this.sent.keys().next().value!);
  }

  /** The run ended as it should: whatever it sent is settled. What another dispatch sent may not be. */
  end(run: readonly StepAtEpoch[]): void {
    for (const { id, epoch } of run) if (this.sent.get(id) === epoch) this.sent.delete(id);
    this.leave(run);
  }

  /** The run broke: what it sent may still be unsettled. */
  leave(run: readonly StepAtEpoch[]): void {
    for (const { id } of run) this.ids.delete(id);
  }
}
