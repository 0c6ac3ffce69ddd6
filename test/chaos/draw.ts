import { createHash } from 'node:crypto';

/** Draws by a seed. Each `about` has a stream of its own, so that one part of a run never shifts what another draws. */
export class Draw {
  private turn = 0;

  constructor(
    private readonly seed: number,
    private readonly about: string,
  ) {}

  /** In [0, 1). */
  number(): number {
    const text = `${this.seed} ${this.about} ${this.turn++}`;
    return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;
  }

  /** A whole number of both bounds and between. */
  int(min: number, max: number): number {
    return min + Math.floor(this.number() * (max - min + 1));
  }

  isLucky(chance: number): boolean {
    return this.number() < chance;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.int(0, choices.length - 1)] as T;
  }

  /** One of the names, each as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let rest = this.number() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      rest -= weight;
      if (rest < 0) return name;
    }
    return entries[0]![0];
  }
}
