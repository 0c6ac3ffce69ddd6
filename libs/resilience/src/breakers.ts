import type { ResolvedContract } from '@muster/domain';
import { Breaker, type BreakerSnapshot } from './breaker';

/** A breaker's state with the names of what it stands before. */
export interface ToolBreakerSnapshot extends BreakerSnapshot {
  readonly tenantId: string;
  readonly tool: string;
  readonly version: string;
}

export interface BreakersHooks {
  /** After every change of state, to be stored where everybody sees it. */
  readonly changed?: (snapshot: ToolBreakerSnapshot) => void;
}

interface Kept {
  readonly tenantId: string;
  readonly contract: ResolvedContract;
  readonly breaker: Breaker;
}

const WINDOW_MS_MIN = 10_000;
const WINDOW_MS_MAX = 60_000;

/**
 * One breaker per tenant and contract, made when first asked for. Versions of a tool have their own: another version may
 * be another system, and one whose policy differs must not reset what was learnt by the other.
 */
export class Breakers {
  /** In the order of last use, so that the first is the one longest not asked for. */
  private readonly byKey = new Map<string, Kept>();

  constructor(
    private readonly hooks: BreakersHooks = {},
    private readonly keptMax = 1_000,
  ) {}

  of(tenantId: string, contract: ResolvedContract): Breaker {
    const key = `${tenantId}\n${contract.hash}`;
    const kept = this.byKey.get(key) ?? this.make(tenantId, contract);
    this.byKey.delete(key);
    this.byKey.set(key, kept);
    if (this.byKey.size > this.keptMax) this.forgetOne(key);
    return kept.breaker;
  }

  snapshot(): ToolBreakerSnapshot[] {
    return [...this.byKey.values()].map((kept) => describe(kept, kept.breaker.snapshot));
  }

  shutdown(): void {
    for (const { breaker } of this.byKey.values()) breaker.shutdown();
    this.byKey.clear();
  }

  private make(tenantId: string, contract: ResolvedContract): Kept {
    const breaker = new Breaker(contract.breaker, windowMs(contract), (snapshot) =>
      this.hooks.changed?.(describe({ tenantId, contract }, snapshot)),
    );
    return { tenantId, contract, breaker };
  }

  /** A closed one if there is any: forgetting an open one would let a burst through to a tool known to be down. */
  private forgetOne(justUsed: string): void {
    const others = [...this.byKey].filter(([key]) => key !== justUsed);
    const [key, kept] = others.find(([, other]) => other.breaker.state === 'closed') ?? others[0] ?? [];
    if (key === undefined) return;
    this.byKey.delete(key);
    kept?.breaker.shutdown();
  }
}

const describe = (of: Pick<Kept, 'tenantId' | 'contract'>, snapshot: BreakerSnapshot): ToolBreakerSnapshot => ({
  tenantId: of.tenantId,
  tool: of.contract.name,
  version: of.contract.version,
  ...snapshot,
});

/** Long enough that a tool at its slowest, hanging until its timeout in every place, can reach the volume threshold. */
function windowMs({ breaker, timeoutMs, maxConcurrency }: ResolvedContract): number {
  const toReachVolume = Math.ceil(breaker.volumeThreshold / maxConcurrency) * timeoutMs * 2;
  return Math.min(Math.max(toReachVolume, WINDOW_MS_MIN), WINDOW_MS_MAX);
}
