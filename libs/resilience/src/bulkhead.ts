/** Gives the place back; the second and later calls do nothing. */
export type Release = () => void;

export interface BulkheadHooks {
  /** After every change, for a gauge. */
  readonly changed?: (key: string, occupied: number, waiting: number) => void;
}

interface Waiter {
  readonly admit: (release: Release) => void;
}

/**
 * At most `maxConcurrency` calls of one tool at a time, so that a hung one holds its own places and nobody else's. A
 * place is held until the call's socket or child is really closed, not merely until somebody stopped waiting for it.
 * Who finds no room waits first come, first served; how many may wait is bounded by the runs an executor takes at once.
 */
export class Bulkhead {
  private occupiedPlaces = 0;
  /** A set keeps the order of arrival and forgets a waiter that gave up in constant time. */
  private readonly waiters = new Set<Waiter>();

  constructor(
    readonly key: string,
    private maxConcurrency: number,
    private readonly hooks: BulkheadHooks = {},
  ) {}

  get occupied(): number {
    return this.occupiedPlaces;
  }

  get waiting(): number {
    return this.waiters.size;
  }

  /** A place now, or undefined. Never overtakes somebody who waits. */
  tryEnter(): Release | undefined {
    return this.hasRoom() && this.waiters.size === 0 ? this.occupy() : undefined;
  }

  /** Resolves with a place in order of arrival; rejects with the signal's reason when it aborts before. */
  enter(signal?: AbortSignal): Promise<Release> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const place = this.tryEnter();
    return place ? Promise.resolve(place) : this.wait(signal);
  }

  /** A new contract version may allow more or fewer; calls inside are never thrown out. */
  resize(maxConcurrency: number): void {
    this.maxConcurrency = maxConcurrency;
    this.admitNext();
  }

  private wait(signal?: AbortSignal): Promise<Release> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.waiters.delete(waiter);
        this.report();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        admit: (release) => {
          signal?.removeEventListener('abort', giveUp);
          resolve(release);
        },
      };
      this.waiters.add(waiter);
      signal?.addEventListener('abort', giveUp, { once: true });
      this.report();
    });
  }

  private occupy(): Release {
    this.occupiedPlaces++;
    this.report();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.occupiedPlaces--;
      this.admitNext();
      this.report();
    };
  }

  private admitNext(): void {
    for (const waiter of this.waiters) {
      if (!this.hasRoom()) return;
      this.waiters.delete(waiter);
      waiter.admit(this.occupy());
    }
  }

  private hasRoom(): boolean {
    return this.occupiedPlaces < this.maxConcurrency;
  }

  private report(): void {
    this.hooks.changed?.(this.key, this.occupiedPlaces, this.waiters.size);
  }
}
