import { Database } from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { BOUNDS } from './bounds';
import {
  COUNT_ENDED_TASKS,
  COUNT_OPEN_TASKS,
  FIND_ATTENTION,
  FIND_BREAKERS,
  FIND_PARKED_STEPS,
  FIND_WORKERS,
} from './overview.sql';
import { needsAttention } from './stored-json';
import { type TaskLine, type TaskLineRow, toTaskLine } from './task-line';
import { LIST_TASKS } from './tasks.sql';
import { LAST_UUID, uuidAt } from './uuid-at';

export interface ParkedStep {
  readonly id: string;
  readonly task_id: string;
  readonly key: string;
  readonly tool: string;
  readonly condition: string;
  readonly operation_id: string | null;
  readonly effect: string | null;
  readonly operation_state: string | null;
  readonly code: string | null;
}

export interface WorkerLine {
  readonly id: string;
  readonly service: string;
  readonly pid: number;
  readonly host: string;
  readonly lanes: readonly string[];
  readonly state: string;
  readonly started_at: Date;
  readonly leased_until: Date;
  readonly last_job_at: Date | null;
  readonly ended_at: Date | null;
  readonly end_kind: string | null;
  readonly lease_ran_out: boolean;
}

export interface BreakerLine {
  readonly tool: string;
  readonly state: 'open' | 'half-open' | 'closed';
  readonly failures: number;
  readonly successes: number;
  readonly rejects: number;
  readonly opened_at: Date | null;
  readonly workers: number;
}

export interface Overview {
  readonly counts: ReadonlyMap<string, number>;
  readonly attention: readonly (TaskLine & { readonly parked: readonly ParkedStep[] })[];
  readonly recent: readonly TaskLine[];
  readonly workers: readonly WorkerLine[];
  readonly breakers: readonly BreakerLine[];
}

interface CountRow {
  state: string;
  count: number;
}

/** What the first page says. Kept for a second per tenant, so that many watchers cost no more than one. */
@Injectable()
export class OverviewReader {
  private readonly kept = new Map<string, { readonly until: number; readonly overview: Promise<Overview> }>();

  constructor(private readonly database: Database) {}

  async read(tenantId: string, now = Date.now()): Promise<Overview> {
    const kept = this.kept.get(tenantId);
    if (kept && kept.until > now) return await kept.overview;
    const overview = this.load(tenantId, now);
    // A failed read is not kept: the next look tries again.
    overview.catch(() => this.kept.delete(tenantId));
    if (this.kept.size >= BOUNDS.OVERVIEWS_KEPT_MAX) this.kept.clear();
    this.kept.set(tenantId, { until: now + BOUNDS.OVERVIEW_TTL_MS, overview });
    return await overview;
  }

  private async load(tenantId: string, now: number): Promise<Overview> {
    const since = uuidAt(now - BOUNDS.COUNTED_MS);
    const [open, ended, attention, recent, workers, breakers] = await Promise.all([
      this.database.query<CountRow>(COUNT_OPEN_TASKS, [tenantId]),
      this.database.query<CountRow>(COUNT_ENDED_TASKS, [tenantId, since]),
      this.attention(tenantId, since),
      this.database.query<TaskLineRow>(LIST_TASKS, [tenantId, LAST_UUID, BOUNDS.RECENT_MAX]),
      this.database.query<WorkerLine>(FIND_WORKERS, [BOUNDS.WORKERS_MAX]),
      this.database.query<BreakerLine>(FIND_BREAKERS, [tenantId, BOUNDS.BREAKERS_MAX]),
    ]);
    const counts = new Map([...open, ...ended].map((row) => [row.state, row.count]));
    return { counts, attention, recent: recent.map(toTaskLine), workers, breakers };
  }

  private async attention(tenantId: string, since: string): Promise<Overview['attention']> {
    const rows = await this.database.query<TaskLineRow>(FIND_ATTENTION, [tenantId, since, BOUNDS.ATTENTION_MAX]);
    const tasks = rows.map(toTaskLine).filter((task) => needsAttention(task.conditions));
    if (tasks.length === 0) return [];
    const parked = await this.database.query<ParkedStep>(FIND_PARKED_STEPS, [
      tasks.map((task) => task.id),
      BOUNDS.PARKED_MAX,
    ]);
    return tasks.map((task) => ({ ...task, parked: parked.filter((step) => step.task_id === task.id) }));
  }
}
