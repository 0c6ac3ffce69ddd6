/** What one scenario measured. Milliseconds, by name of what was measured. */
export type Samples = ReadonlyMap<string, readonly number[]>;

export interface Scenario {
  readonly name: string;
  /** What is done, and what the samples are, for a reader who wants to judge them. */
  readonly says: string;
  /** p99 at most this; none where nothing was promised. */
  readonly goalMs?: number;
  /** Measures at least `n` samples of each name. */
  measure(n: number, progress: Progress): Promise<Samples>;
}

/** Called with the samples measured so far. */
export type Progress = (done: number) => void;

/** Gathers samples under their names. */
export class Collector {
  readonly samples = new Map<string, number[]>();

  add(name: string, ms: number): void {
    const known = this.samples.get(name);
    if (known) known.push(ms);
    else this.samples.set(name, [ms]);
  }

  /** Of the name that has the fewest. */
  get fewest(): number {
    return Math.min(...[...this.samples.values()].map(({ length }) => length), this.samples.size === 0 ? 0 : Infinity);
  }
}
