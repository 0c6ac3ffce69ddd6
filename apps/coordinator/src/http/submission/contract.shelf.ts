import { Clock } from '@muster/chassis';
import { type ResolvedContract, resolveContract, type ToolContract } from '@muster/domain';
import { RegistryReader } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { DOOR_LIMITS } from '../door.limits';

/** By tool name, the contract registered last. */
export type Contracts = ReadonlyMap<string, ResolvedContract>;

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

  /** To be called when a tool of the tenant was registered. */
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
    const tools = await this.registry.latestTools(tenantId);
    const held = await before?.contracts.catch(() => undefined);
    const known = new Map([...(held?.values() ?? [])].map((contract) => [contract.hash, contract]));
    const documents = await this.registry.contracts(tools.map(({ hash }) => hash).filter((hash) => !known.has(hash)));
    for (const [hash, text] of documents) known.set(hash, resolveContract(JSON.parse(text) as ToolContract, hash));
    return new Map(tools.map(({ name, hash }) => [name, known.get(hash)!]));
  }
}
