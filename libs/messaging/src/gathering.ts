import type { Doorbell, Doorbells, RingSource } from './doorbells';

/** How items become jobs, and who is told right before they leave and right after they have left or were given up. */
export interface Packing<T> {
  pack(items: readonly T[]): Doorbell[];
  before?(items: readonly T[]): void;
  after?(items: readonly T[]): void;
}

/** Where so many items wait for a slow backend, further ones are dropped, and the sweeper rings again. */
const BACKLOG_MAX = 20_000;

/** What is to be rung at one queue: what arrives while a ring is under way, or in the same turn, rings together. */
export class Gathering<T> implements RingSource {
  private waiting: T[] = [];
  private leaving: readonly T[] = [];

  constructor(
    private readonly doorbells: Pick<Doorbells, 'ring' | 'lose'>,
    private readonly queue: string,
    private readonly packing: Packing<T>,
  ) {}

  /** Never throws and never waits. */
  add(items: readonly T[]): void {
    if (items.length === 0) return;
    if (this.waiting.length >= BACKLOG_MAX) {
      this.doorbells.lose(this.queue, items.length, new Error(`${this.waiting.length} rings wait already.`));
      return;
    }
    for (const item of items) this.waiting.push(item);
    this.doorbells.ring(this.queue, this);
  }

  take(): Doorbell[] {
    this.leaving = this.waiting;
    this.waiting = [];
    this.packing.before?.(this.leaving);
    return this.packing.pack(this.leaving);
  }

  taken(): void {
    this.packing.after?.(this.leaving);
    this.leaving = [];
  }
}
