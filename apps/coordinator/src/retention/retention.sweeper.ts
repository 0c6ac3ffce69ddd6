import { Config, gauge, Log } from '@muster/chassis';
import { PRUNABLE_STATES } from '@muster/contracts';
import { Database } from '@muster/persistence';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { TENANTS } from './prune.sql';
import { Pruner } from './pruner';
import { RETENTION_LIMITS } from './retention.limits';

const DAY_MS = 24 * 60 * 60 * 1000;

const keptTasks = gauge('muster_retention_kept_tasks', 'Tasks past their time that stay, at the last sweep.', [
  'reason',
]);

/**
 * Retention by schedule: where `RETENTION_DAYS` is set, finished tasks that are older leave the database. Any number of
 * coordinators may sweep: one statement removes at a time, and what another one has removed is no longer found.
 */
@Injectable()
export class RetentionSweeper implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly pruner: Pruner,
    private readonly database: Database,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.retentionDays !== undefined) this.schedule(RETENTION_LIMITS.SWEEP_FIRST_MS);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.sweeping;
  }

  /** Looks through the finished tasks of every tenant once. What fails is made up for by the next sweep. */
  async sweep(): Promise<void> {
    const kept = new Map<string, number>();
    try {
      for (const { id } of await this.database.query<{ id: string }>(TENANTS)) await this.sweepTenant(id, kept);
    } catch (error) {
      this.log.warn('retention.failed', { error });
    }
    for (const [reason, count] of kept) keptTasks.set({ reason }, count);
  }

  private schedule(ms: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.sweeping = this.sweep().finally(() => this.schedule(RETENTION_LIMITS.SWEEP_EVERY_MS));
    }, ms);
  }

  // A tenant whose tasks cannot be removed just now is no reason to leave those of others.
  private async sweepTenant(tenantId: string, kept: Map<string, number>): Promise<void> {
    if (this.stopped || this.config.retentionDays === undefined) return;
    const began = performance.now();
    const olderThanMs = this.config.retentionDays * DAY_MS;
    const pace = { rest: RETENTION_LIMITS.SWEEP_REST, isOver: () => this.stopped };
    try {
      const swept = await this.pruner.slice({ tenantId, states: PRUNABLE_STATES, olderThanMs, dryRun: false }, pace);
      for (const [reason, count] of Object.entries(swept.kept)) kept.set(reason, (kept.get(reason) ?? 0) + count);
      if (swept.removed.tasks === 0) return;
      const ms = Math.round(performance.now() - began);
      this.log.info('retention.swept', { tenant: tenantId, ...swept.removed, kept: swept.kept, ms });
    } catch (error) {
      this.log.warn('retention.failed', { tenant: tenantId, error });
    }
  }
}
