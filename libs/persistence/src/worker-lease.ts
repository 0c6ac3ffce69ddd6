import { hostname } from 'node:os';
import { Clock, Log, tellParent } from '@muster/chassis';
import { newUuid, type WorkerState } from '@muster/domain';
import { Database } from './database';
import { LivenessLock, newLockKey } from './liveness-lock';
import { END_WORKER, MOVE_WORKER, REGISTER_WORKER, RENEW_WORKER } from './worker.sql';

export interface WorkerLeaseOptions {
  readonly service: 'coordinator' | 'planner' | 'executor' | 'verifier';
  readonly lanes?: readonly string[];
  readonly leaseTtlMs: number;
  readonly heartbeatMs: number;
}

const CLAIMABLE_POLL_MS = 25;

/** What the database tells with each proof of life. */
interface Told {
  readonly now_ms: number;
}

/**
 * A process's proof of life: its row in `worker`, a heartbeat on the database's clock, which the process's own follows,
 * and a lock that falls when it dies. A process that was given up meanwhile (frozen longer than its lease) goes on under a new id.
 */
export class WorkerLease {
  private worker = newUuid();
  private lock: LivenessLock;
  private renewedAt = Number.NEGATIVE_INFINITY;
  private state: WorkerState = 'starting';
  private jobTaken = false;
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();
  /** One for all who wait. */
  private awaited: Promise<boolean> | undefined;
  private readonly replaced: ((oldId: string, newId: string) => void)[] = [];

  constructor(
    private readonly database: Database,
    private readonly options: WorkerLeaseOptions,
    private readonly log: Log,
    private readonly clock: Clock = new Clock(),
  ) {
    this.lock = this.newLock();
  }

  /** The id under which this process claims; it changes when the process was given up and came back. */
  get workerId(): string {
    return this.worker;
  }

  /** Called after this process was given up and registered anew: what the old id claimed belongs to others now. */
  onReplaced(listener: (oldId: string, newId: string) => void): void {
    this.replaced.push(listener);
  }

  /** Registers the worker; resolves when it may send. */
  async start(): Promise<void> {
    await this.register();
    this.timer = setInterval(() => this.beat(), this.options.heartbeatMs);
  }

  /** From now on it takes work. */
  async ready(): Promise<void> {
    await this.move('ready');
  }

  /** From now on it takes no new work; what is in flight goes on. */
  async drain(): Promise<void> {
    await this.move('draining');
  }

  /** May bytes leave now? Only with the lock, and within half a lease of the last renewal that was confirmed. */
  canSend(): boolean {
    return this.lock.held && this.clock.monotonicMs() - this.renewedAt < this.options.leaseTtlMs / 2;
  }

  /** May something new be claimed? Not by a process that is told to end: what is in flight goes on, nothing is begun. */
  canClaim(): boolean {
    return !this.isLeaving && this.canSend();
  }

  /** Resolves with true as soon as something may be claimed, with false when that takes longer than a lease. */
  untilClaimable(): Promise<boolean> {
    if (this.canClaim()) return Promise.resolve(true);
    this.awaited ??= this.becomeClaimable().finally(() => {
      this.awaited = undefined;
    });
    return this.awaited;
  }

  /** Kept for /v1/workers: a worker that beats but takes no job has gone deaf. Written with the next heartbeat. */
  noteJob(): void {
    this.jobTaken = true;
  }

  /** The clean exit. Only to be called when every socket of every call is closed: it counts as the end of all of them. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.beating;
    this.state = 'dead';
    try {
      await this.database.query(END_WORKER, [this.worker]);
    } finally {
      // Also with the database away: a lock that nobody releases is sought for ever.
      await this.lock.release();
    }
  }

  private get isLeaving(): boolean {
    return this.state === 'draining' || this.state === 'dead';
  }

  private async becomeClaimable(): Promise<boolean> {
    const giveUpAt = this.clock.monotonicMs() + this.options.leaseTtlMs;
    while (!this.canClaim()) {
      if (this.isLeaving || this.clock.monotonicMs() > giveUpAt) return false;
      await new Promise((resolve) => setTimeout(resolve, CLAIMABLE_POLL_MS));
    }
    return true;
  }

  private newLock(): LivenessLock {
    return new LivenessLock(this.database.options, newLockKey(), (error) =>
      this.log.warn('worker.lock-lost', { worker: this.worker, error }),
    );
  }

  private async register(): Promise<void> {
    const { service, lanes = [], leaseTtlMs } = this.options;
    // The pool's first connection is made meanwhile: a process that comes back has somebody waiting for it.
    await Promise.all([this.lock.acquire(), this.database.ping()]);
    // Before the row is there: a parent that reports our end must know every id under which we may have sent.
    tellParent({ type: 'worker', id: this.worker });
    // Measured from before the statement: the lease cannot have begun earlier than that.
    const askedAt = this.clock.monotonicMs();
    const [row] = await this.database.query<Told>(REGISTER_WORKER, [
      this.worker,
      service,
      process.pid,
      hostname(),
      lanes,
      this.lock.key.toString(),
      leaseTtlMs,
    ]);
    this.renewedAt = askedAt;
    if (row) this.clock.follow(row.now_ms, askedAt);
    this.log.info('worker.registered', { worker: this.worker });
  }

  private async move(state: WorkerState): Promise<void> {
    this.state = state;
    await this.database.query(MOVE_WORKER, [this.worker, state]);
  }

  private beat(): void {
    this.beating = this.beating
      .then(() => this.renew())
      .catch((error: unknown) => this.log.warn('worker.heartbeat-failed', { worker: this.worker, error }));
  }

  private async renew(): Promise<void> {
    const askedAt = this.clock.monotonicMs();
    const jobTaken = this.jobTaken;
    this.jobTaken = false;
    void this.lock.prove();
    const [row] = await this.database.query<Told>(RENEW_WORKER, [this.worker, this.options.leaseTtlMs, jobTaken]);
    if (!row) return this.replace();
    this.renewedAt = askedAt;
    this.clock.follow(row.now_ms, askedAt);
  }

  private async replace(): Promise<void> {
    const oldId = this.worker;
    const oldLock = this.lock;
    this.renewedAt = Number.NEGATIVE_INFINITY;
    this.worker = newUuid();
    this.lock = this.newLock();
    await oldLock.release();
    await this.register();
    if (this.state !== 'starting') await this.database.query(MOVE_WORKER, [this.worker, this.state]);
    this.log.warn('worker.replaced', { worker: this.worker, before: oldId });
    for (const listener of this.replaced) listener(oldId, this.worker);
  }
}
