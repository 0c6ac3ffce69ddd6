import { Bulkhead, type BulkheadHooks, type Release } from './bulkhead';

/** One bulkhead per key (tenant and tool), made when first asked for. */
export class Bulkheads {
  private readonly byKey = new Map<string, Bulkhead>();

  /** `keptMax`: beyond it, bulkheads that nobody is in are forgotten; one that is in use never is. */
  constructor(
    private readonly hooks: BulkheadHooks = {},
    private readonly keptMax = 1_000,
  ) {}

  of(key: string, maxConcurrency: number): Bulkhead {
    const known = this.byKey.get(key);
    if (known) {
      known.resize(maxConcurrency);
      return known;
    }
    if (this.byKey.size >= this.keptMax) this.forgetIdle();
    const made = new Bulkhead(key, maxConcurrency, this.hooks);
    this.byKey.set(key, made);
    return made;
  }

  private forgetIdle(): void {
    for (const [key, bulkhead] of this.byKey) {
      if (bulkhead.occupied === 0 && bulkhead.waiting === 0) this.byKey.delete(key);
    }
  }
}

/** A place in each. Everybody asks in the same order, the narrow one last, so that nobody waits in a circle. */
export async function enterAll(bulkheads: readonly Bulkhead[]): Promise<Release> {
  const held: Release[] = [];
  for (const bulkhead of bulkheads) held.push(await bulkhead.enter());
  return () => releaseAll(held);
}

/** A place in each at once, or in none. */
export function tryEnterAll(bulkheads: readonly Bulkhead[]): Release | undefined {
  const held: Release[] = [];
  for (const bulkhead of bulkheads) {
    const release = bulkhead.tryEnter();
    if (!release) return releaseAll(held);
    held.push(release);
  }
  return () => releaseAll(held);
}

function releaseAll(held: readonly Release[]): undefined {
  for (const release of held) release();
  return undefined;
}
