import { setTimeout as pause } from 'node:timers/promises';
import { counter, faultPoint, secondsHistogram } from '@muster/chassis';
import type { PrunedRows, PrunedView, StayingTasks } from '@muster/contracts';
import type { TaskState } from '@muster/domain';
import {
  ANY_TIMESTAMP,
  ANY_UUID,
  cursorOf,
  Database,
  type NamedSql,
  placeOf,
  RowsContended,
} from '@muster/persistence';
import { Injectable } from '@nestjs/common';
import { PRUNE, SURVEY } from './prune.sql';
import { RETENTION_LIMITS } from './retention.limits';

/** Which tasks of a tenant are to leave the database. */
export interface Pruning {
  readonly tenantId: string;
  readonly states: readonly TaskState[];
  /** Since their end, by the database's clock. */
  readonly olderThanMs: number;
  /** Only say what would be removed. */
  readonly dryRun: boolean;
}

/** How much time a pruning may take of the database's. */
export interface Pace {
  /** Behind each batch it rests so many times as long as that took. */
  readonly rest: number;
  /** Tasks of one batch. */
  readonly tasksMax?: number;
  /** No batch is begun after this; undefined: until the last. */
  readonly sliceMs?: number;
  /** Asked before each batch: whether it is to end here. */
  readonly isOver?: () => boolean;
}

interface Batch {
  /** Of the last task looked at; null where there was none. */
  readonly lastAt: string | null;
  readonly lastId: string | null;
  readonly removed: PrunedRows;
  readonly kept: StayingTasks;
}

const BEGINNING: readonly [string, string] = ['0001-01-01 00:00:00+00', ANY_UUID];

const removedRows = counter('muster_retention_removed_total', 'What retention removed, by kind.', ['kind']);
const batchSeconds = secondsHistogram('muster_retention_batch_seconds', 'Time of one batch of removals.');

/** Removes finished tasks batch by batch, each a statement and a transaction of its own, the longest finished first. */
@Injectable()
export class Pruner {
  constructor(private readonly database: Database) {}

  /**
   * Goes on behind `cursor` until nothing is left or the pace says so; answers where the next slice begins. Ended at any
   * moment, it is resumed by asking again, with or without the cursor. Throws `RowsContended` while somebody else prunes.
   */
  async slice(pruning: Pruning, pace: Pace, cursor?: string): Promise<PrunedView> {
    const endsAt = performance.now() + (pace.sliceMs ?? Number.POSITIVE_INFINITY);
    let place = placeOf(cursor, [ANY_TIMESTAMP, ANY_UUID] as const) ?? BEGINNING;
    let sum = nothing(pruning.dryRun);
    for (;;) {
      const began = performance.now();
      const { lastAt, lastId, removed, kept } = await this.batch(pruning, place, pace.tasksMax);
      sum = { ...sum, removed: added(sum.removed, removed), kept: added(sum.kept, kept) };
      if (lastAt === null || lastId === null) return sum;
      place = [lastAt, lastId];
      await pause(Math.min(RETENTION_LIMITS.REST_MS_MAX, (performance.now() - began) * pace.rest));
      if (performance.now() >= endsAt || pace.isOver?.()) return { ...sum, nextCursor: cursorOf(place) };
    }
  }

  private async batch(
    { tenantId, states, olderThanMs, dryRun }: Pruning,
    place: readonly [string, string],
    tasksMax: number = RETENTION_LIMITS.BATCH_TASKS_MAX,
  ): Promise<Batch> {
    const values = [tenantId, states, olderThanMs, ...place, tasksMax, RETENTION_LIMITS.BATCH_STEPS_MAX];
    if (dryRun) return this.ask(SURVEY, values);
    const stop = batchSeconds.startTimer();
    const batch = await this.removed(values);
    stop();
    for (const [kind, count] of Object.entries(batch.removed)) removedRows.inc({ kind }, count);
    return batch;
  }

  private async removed(values: readonly unknown[]): Promise<Batch> {
    for (let tries = 1; ; tries++) {
      try {
        faultPoint('coordinator.before-prune');
        const batch = await this.ask(PRUNE, values);
        faultPoint('coordinator.after-prune');
        return batch;
      } catch (error) {
        if (!(error instanceof RowsContended) || tries >= RETENTION_LIMITS.TRIES_MAX) throw error;
        await pause(RETENTION_LIMITS.TRY_AGAIN_MS);
      }
    }
  }

  private async ask(statement: NamedSql, values: readonly unknown[]): Promise<Batch> {
    const { STATEMENT_MS_MAX } = RETENTION_LIMITS;
    const [row] = await this.database.queryWithin<{ slice: Batch }>(STATEMENT_MS_MAX, statement, values);
    return row!.slice;
  }
}

const nothing = (dryRun: boolean): PrunedView => ({
  dryRun,
  removed: { tasks: 0, steps: 0, operations: 0, sendings: 0, events: 0, plans: 0, artifacts: 0, bytes: 0 },
  kept: { needsAttention: 0, unknownOperation: 0, lateAnswer: 0 },
});

const added = <T extends object>(sum: T, more: T): T =>
  Object.fromEntries(Object.entries(sum).map(([name, count]) => [name, count + more[name as keyof T]])) as T;
