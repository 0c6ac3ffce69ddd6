import type { StepAtEpoch } from '@muster/contracts';

/** The steps a process works on now: a doorbell that comes twice must not claim twice. */
export class ActiveSteps {
  private readonly ids = new Set<string>();

  /** The part of a run up to the first step that is under way already. */
  take(run: readonly StepAtEpoch[]): readonly StepAtEpoch[] {
    const known = run.findIndex(({ id }) => this.ids.has(id));
    const mine = known < 0 ? run : run.slice(0, known);
    for (const { id } of mine) this.ids.add(id);
    return mine;
  }

  release(run: readonly StepAtEpoch[]): void {
    for (const { id } of run) this.ids.delete(id);
  }
}
