import { Clock } from '@muster/chassis';
import {
  type AgentContract,
  type ResolvedAgent,
  type ResolvedContract,
  resolveAgent,
  resolveContract,
  type ToolContract,
} from '@muster/domain';
import { RegistryReader, type ToolVersion } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { DOOR_LIMITS } from '../door.limits';

/** By name, the contracts registered last. */
export interface Contracts {
  readonly tools: ReadonlyMap<string, ResolvedContract>;
  readonly agents: ReadonlyMap<string, ResolvedAgent>;
}

interface Shelf {
  readonly contracts: Promise<Contracts>;
  /** By the monotonic clock. */
  readonly until: number;
}

/**
 * The contracts that a tenant's new plans are checked against, kept in memory for a moment. A contract named by its hash
 * never changes; which one a name stands for does, so that this alone is read again.
 */
@Injectable()
export class ContractShelf {
  private readonly shelves = new Map<string, Shelf>();

  constructor(
    private readonly registry: RegistryReader,
    private readonly clock: Clock,
  ) {}

  async of(tenantId: string): Promise<Contracts> {
    const shelf = this.shelves.get(tenantId);
    if (shelf && shelf.until > this.clock.monotonicMs()) return shelf.contracts;
    const contracts = this.read(tenantId, shelf);
    this.keep(tenantId, contracts, this.clock.monotonicMs() + DOOR_LIMITS.CONTRACTS_CACHE_MS);
    return contracts;
  }

  /** To be called when a tool or agent of the tenant was registered. */
  forget(tenantId: string): void {
    const shelf = this.shelves.get(tenantId);
    if (shelf) this.keep(tenantId, shelf.contracts, Number.NEGATIVE_INFINITY);
  }

  private keep(tenantId: string, contracts: Promise<Contracts>, until: number): void {
    this.shelves.delete(tenantId);
    const oldest = this.shelves.keys().next().value;
    if (this.shelves.size >= DOOR_LIMITS.TENANTS_KEPT_MAX && oldest !== undefined) this.shelves.delete(oldest);
    this.shelves.set(tenantId, { contracts, until });
    contracts.catch(() => this.shelves.get(tenantId)?.contracts === contracts && this.shelves.delete(tenantId));
  }

  private async read(tenantId: string, before: Shelf | undefined): Promise<Contracts> {
    const [tools, agents] = await Promise.all([
      this.registry.latestTools(tenantId),
      this.registry.latestAgents(tenantId),
    ]);
    const held = await before?.contracts.catch(() => undefined);
    return {
      tools: await this.resolved(tools, held?.tools, (text, hash) =>
        resolveContract(JSON.parse(text) as ToolContract, hash),
      ),
      agents: await this.resolved(agents, held?.agents, (text, hash) =>
        resolveAgent(JSON.parse(text) as AgentContract, hash),
      ),
    };
  }

  private async resolved<C extends { readonly hash: string }>(
    versions: readonly ToolVersion[],
    held: ReadonlyMap<string, C> | undefined,
    resolve: (text: string, hash: string) => C,
  ): Promise<ReadonlyMap<string, C>> {
    const known = new Map([...(held?.values() ?? [])].map((contract) => [contract.hash, contract]));
    const documents = await this.registry.contracts(
      versions.map(({ hash }) => hash).filter((hash) => !known.has(hash)),
    );
    for (const [hash, text] of documents) known.set(hash, resolve(text, hash));
    return new Map(versions.map(({ name, hash }) => [name, known.get(hash)!]));
  }
}
