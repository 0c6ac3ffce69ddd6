import { Config } from '@muster/chassis';
import { Injectable } from '@nestjs/common';

interface Tenant {
  dispatched: number;
  ready: number;
}

/**
 * How many steps of each tenant are in flight, so that one tenant's flood waits in Postgres and not in the queue.
 * Counted anew with every sweep and kept up with this process's own commits in between: a bound, not a promise.
 */
@Injectable()
export class Window {
  private tenants = new Map<string, Tenant>();

  constructor(private readonly config: Config) {}

  room(tenantId: string): number {
    return Math.max(0, this.config.tenantWindow - (this.tenants.get(tenantId)?.dispatched ?? 0));
  }

  recount(rows: readonly { tenant_id: string; dispatched: number; ready: number }[]): void {
    this.tenants = new Map(rows.map((row) => [row.tenant_id, { dispatched: row.dispatched, ready: row.ready }]));
  }

  note(tenantId: string, change: { dispatched: number; ready: number }): void {
    const tenant = this.tenants.get(tenantId) ?? { dispatched: 0, ready: 0 };
    tenant.dispatched = Math.max(0, tenant.dispatched + change.dispatched);
    tenant.ready = Math.max(0, tenant.ready + change.ready);
    this.tenants.set(tenantId, tenant);
  }

  /** Tenants that have a backlog and room for some of it. */
  openings(): Map<string, number> {
    const openings = new Map<string, number>();
    for (const [tenantId, { ready }] of this.tenants) {
      const room = Math.min(this.room(tenantId), ready);
      if (room > 0) openings.set(tenantId, room);
    }
    return openings;
  }
}
