import type { WorkerRow } from '../snapshot';

/** A worker's row. `holdsLock`: what Postgres knows of its session, beside the row. */
export interface StoredWorker extends WorkerRow {
  readonly holdsLock: boolean;
  readonly givenUpAt: number | null;
}

/** The rows of workers and the rules of their statements (libs/persistence, the sweeps), in memory. */
export class MemoryWorkers {
  private readonly rows = new Map<string, StoredWorker>();

  get(id: string): StoredWorker | undefined {
    return this.rows.get(id);
  }

  keys(): IterableIterator<string> {
    return this.rows.keys();
  }

  values(): IterableIterator<StoredWorker> {
    return this.rows.values();
  }

  /** Shown to a decision. */
  get all(): ReadonlyMap<string, WorkerRow> {
    return this.rows;
  }

  /** For what a test brings about past the statements. */
  set(id: string, row: Partial<StoredWorker>): void {
    this.rows.set(id, { ...this.rows.get(id)!, ...row });
  }

  isLive(id: string): boolean {
    const worker = this.rows.get(id);
    return worker !== undefined && worker.state !== 'dead' && worker.givenUpAt === null;
  }

  register(id: string, now: number, leaseTtlMs: number): void {
    this.rows.set(id, {
      id,
      state: 'ready',
      leasedUntil: now + leaseTtlMs,
      lockMissedAt: null,
      endedAt: null,
      givenUpAt: null,
      holdsLock: true,
    });
  }

  /** False where the worker was given up, or its end was reported: it never comes back under this id. */
  renew(id: string, now: number, leaseTtlMs: number): boolean {
    const worker = this.rows.get(id)!;
    if (worker.state === 'dead' || worker.givenUpAt !== null || worker.endedAt !== null) return false;
    this.set(id, { leasedUntil: now + leaseTtlMs });
    return true;
  }

  /** Its parent waited for its end. */
  reportEnd(id: string, now: number): void {
    const worker = this.rows.get(id)!;
    if (worker.endedAt !== null) return;
    this.set(id, { state: 'dead', endedAt: now, leasedUntil: Math.min(worker.leasedUntil, now) });
  }

  /** Notes whose lock is missing, and who has it back. */
  sweepLocks(now: number): void {
    for (const { id, state, holdsLock, lockMissedAt } of this.rows.values()) {
      if (state === 'dead' || state === 'starting') continue;
      if (holdsLock === (lockMissedAt !== null)) this.set(id, { lockMissedAt: holdsLock ? null : now });
    }
  }

  /** Gives up, once each, those that are gone; answers how many. */
  giveUp(now: number, graceMs: number): number {
    const gone = [...this.rows.values()].filter(
      (worker) => worker.givenUpAt === null && this.isGone(worker, now, graceMs),
    );
    for (const { id } of gone) this.set(id, { state: 'dead', givenUpAt: now });
    return gone.length;
  }

  isGone(worker: StoredWorker, now: number, graceMs: number): boolean {
    const { endedAt, leasedUntil, lockMissedAt } = worker;
    return endedAt !== null || leasedUntil < now || (lockMissedAt !== null && lockMissedAt < now - graceMs);
  }
}
