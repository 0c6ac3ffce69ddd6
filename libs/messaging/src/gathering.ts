import type { Doorbells } from './doorbells';

/**
 * What is to be rung at one queue. One ring is under way at a time: what arrives meanwhile, or in the same turn of the
 * event loop, rings together.
 */
export class Gathering<T> {
  private waiting: T[] = [];
  private ringing: Promise<void> | undefined;

  /** `ring` hands jobs to the doorbells; it neither waits nor throws. */
  constructor(
    private readonly doorbells: Pick<Doorbells, 'settled'>,
    private readonly queue: string,
    private readonly ring: (items: readonly T[]) => void,
  ) {}

  add(items: Iterable<T>): void {
    this.waiting.push(...items);
    this.ringing ??= this.drain();
  }

  private async drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const items = this.waiting;
      this.waiting = [];
      this.ring(items);
      await this.doorbells.settled(this.queue);
    }
    this.ringing = undefined;
  }
}
