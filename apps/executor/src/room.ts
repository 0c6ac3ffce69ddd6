import { Config, Log } from '@muster/chassis';
import { Database, type NamedSql, WorkerLease } from '@muster/persistence';
import {
  type BreakerPermit,
  Breakers,
  type Bulkhead,
  Bulkheads,
  enterAll,
  type Release,
  type ToolBreakerSnapshot,
  tryEnterAll,
} from '@muster/resilience';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { StepWork } from './work';

const STORE_BREAKER: NamedSql = {
  name: 'breaker.store',
  text: `
insert into breaker (tenant_id, tool, worker_id, state, failures, successes, rejects, opened_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, now())
on conflict (tenant_id, tool, worker_id) do update set state = excluded.state, failures = excluded.failures,
  successes = excluded.successes, rejects = excluded.rejects, opened_at = excluded.opened_at, updated_at = now()`,
};

/** A place at the tool, taken before the claim: nothing counts as sent that had no room to be sent. */
export interface Place {
  readonly permit: BreakerPermit;
  readonly release: Release;
}
export type Admission =
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'open' }
  | { readonly kind: 'full' };

/** Bulkheads and breakers of every tool that this executor calls. */
@Injectable()
export class Room implements OnApplicationShutdown {
  private readonly bulkheads = new Bulkheads();
  private readonly breakers = new Breakers({ changed: (snapshot) => void this.store(snapshot) });

  constructor(
    private readonly database: Database,
    private readonly lease: WorkerLease,
    private readonly log: Log,
    private readonly config: Config,
  ) {}

  /** Waits for a place; `open` where the breaker lets nobody through. */
  async enter(work: StepWork): Promise<Admission> {
    return this.admit(work, await enterAll(this.bulkheadsOf(work)));
  }

  /** A place at once, or none. */
  tryEnter(work: StepWork): Admission {
    const release = tryEnterAll(this.bulkheadsOf(work));
    return release ? this.admit(work, release) : { kind: 'full' };
  }

  onApplicationShutdown(): void {
    this.breakers.shutdown();
  }

  /** The tool's own, and the one that all agents of all tenants share where a model is behind it. */
  private bulkheadsOf({ tenantId, contract }: StepWork): Bulkhead[] {
    const own = this.bulkheads.of(`${tenantId}\n${contract.name}`, contract.maxConcurrency);
    if (contract.transport.type !== 'model') return [own];
    const { model } = contract.transport;
    const maxInFlight = this.config.models[model]?.maxInFlight;
    return maxInFlight === undefined ? [own] : [own, this.bulkheads.of(`model\n${model}`, maxInFlight)];
  }

  private admit({ tenantId, contract }: StepWork, release: Release): Admission {
    const admission = this.breakers.of(tenantId, contract).ask();
    if (admission.admitted) return { kind: 'place', place: { permit: admission.permit, release } };
    release();
    return { kind: 'open' };
  }

  private async store(snapshot: ToolBreakerSnapshot): Promise<void> {
    try {
      const { tenantId, tool, state, failures, successes, rejects, openedAt } = snapshot;
      await this.database.query(STORE_BREAKER, [
        tenantId,
        tool,
        this.lease.workerId,
        state,
        failures,
        successes,
        rejects,
        openedAt ?? null,
      ]);
    } catch (error) {
      this.log.warn('breaker.store-failed', { tool: snapshot.tool, error });
    }
  }
}
