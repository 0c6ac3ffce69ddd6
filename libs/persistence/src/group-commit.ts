import { counter, secondsHistogram, sizeHistogram } from '@muster/chassis';
import { Fault } from '@muster/domain';
import { DatabaseUnavailable, DataRefused, isRefusedBatch } from './database-faults';

export interface GroupCommitOptions<I> {
  /** In metrics and messages, e.g. `executor.settle`. */
  readonly name: string;
  readonly maxBatch: number;
  /** Flushes under way at once; more than one only where their statements lock no common rows. */
  readonly maxInFlight?: number;
  /** The cost of an item, e.g. its bytes; a batch weighs at most `maxWeight` or has one item. */
  readonly weight?: (item: I) => number;
  readonly maxWeight?: number;
  /** Items that may wait; one more is refused. */
  readonly backlogMax?: number;
  /** How long an item is tried again while Postgres is away; absent: until `close`. */
  readonly deadlineMs?: number;
}

/** More items wait for a commit than the process may hold. */
export class BacklogFull extends Fault {
  readonly code = 'BACKLOG_FULL';
  readonly retryable = true;
  constructor(name: string, backlogMax: number) {
    super(`${backlogMax} items wait for ${name} already.`, 'Try again in a moment, or run more processes.');
  }
}

interface Waiting<I, O> {
  readonly item: I;
  readonly since: number;
  resolve(result: O): void;
  reject(error: unknown): void;
}

const BACKLOG_MAX = 20_000;
const BACKOFF_MS_MIN = 20;
const BACKOFF_MS_MAX = 1_000;
/** A single item that loses its rows to others this often in a row is given back: somebody holds them for good. */
const CONTENDED_TRIES_MAX = 10;

const sizes = sizeHistogram('muster_group_commit_items', 'Items per flush.', ['name']);
const durations = secondsHistogram('muster_group_commit_seconds', 'Time of one flush.', ['name']);
const repeats = counter('muster_group_commit_repeats_total', 'Flushes tried again, by reason.', ['name', 'reason']);

/**
 * Whatever arrives while a flush is in flight goes with the next one, as a single statement. A commit of unknown fate
 * is repeated, so `flush` must be idempotent; a batch that the database refuses is halved until the culprit is alone.
 */
export class GroupCommit<I, O> {
  private readonly waiting: Waiting<I, O>[] = [];
  private readonly settings: Required<Pick<GroupCommitOptions<I>, 'maxInFlight' | 'maxWeight' | 'backlogMax'>>;
  private flushMs = 0;
  private inFlight = 0;
  private scheduled = false;
  private closed = false;
  private readonly abort = new AbortController();
  private idle: (() => void)[] = [];

  /** `flush` answers one result per item, in the same order. */
  constructor(
    private readonly options: GroupCommitOptions<I>,
    private readonly flush: (items: I[]) => Promise<O[]>,
  ) {
    const { maxInFlight = 1, maxWeight = Number.POSITIVE_INFINITY, backlogMax = BACKLOG_MAX } = options;
    this.settings = { maxInFlight, maxWeight, backlogMax };
  }

  /** How long the last flush took, in milliseconds; 0 before the first. */
  get lastFlushMs(): number {
    return this.flushMs;
  }

  /** Resolves with the item's own result, after the commit. */
  add(item: I): Promise<O> {
    if (this.closed) return Promise.reject(new DatabaseUnavailable(`${this.options.name} is closed`));
    if (this.waiting.length >= this.settings.backlogMax)
      return Promise.reject(new BacklogFull(this.options.name, this.settings.backlogMax));
    return new Promise<O>((resolve, reject) => {
      this.waiting.push({ item, since: performance.now(), resolve, reject });
      this.schedule();
    });
  }

  /** Takes nothing new, and resolves when everything that came before has its answer. Gives up repeating. */
  async close(): Promise<void> {
    this.closed = true;
    this.abort.abort();
    if (this.inFlight > 0 || this.waiting.length > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  // What arrives in the same turn of the event loop travels together.
  private schedule(): void {
    if (this.scheduled || this.inFlight >= this.settings.maxInFlight) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    while (this.waiting.length > 0 && this.inFlight < this.settings.maxInFlight) {
      this.inFlight++;
      void this.commit(this.take()).finally(() => {
        this.inFlight--;
        this.pump();
      });
    }
    if (this.inFlight === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  private take(): Waiting<I, O>[] {
    const weigh = this.options.weight ?? (() => 0);
    let count = 0;
    let weight = 0;
    while (count < this.waiting.length && count < this.options.maxBatch) {
      weight += weigh(this.waiting[count]!.item);
      if (count > 0 && weight > this.settings.maxWeight) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  /** Never rejects: every item of the batch has its answer when it resolves. */
  private async commit(batch: Waiting<I, O>[]): Promise<void> {
    for (let tries = 1; batch.length > 0; tries++) {
      try {
        return answer(batch, await this.flushOnce(batch), this.options.name);
      } catch (error) {
        if (batch.length > 1 && isRefusedBatch(error)) return await this.commitHalves(batch);
        if (!this.worthRepeating(error, tries)) return refuse(batch, error);
        repeats.inc({ name: this.options.name, reason: (error as Fault).code });
        await this.pause(tries);
        batch = this.inTime(batch, error);
      }
    }
  }

  private async flushOnce(batch: Waiting<I, O>[]): Promise<O[]> {
    const stop = durations.startTimer({ name: this.options.name });
    sizes.observe({ name: this.options.name }, batch.length);
    try {
      return await this.flush(batch.map(({ item }) => item));
    } finally {
      this.flushMs = stop() * 1_000;
    }
  }

  private async commitHalves(batch: Waiting<I, O>[]): Promise<void> {
    repeats.inc({ name: this.options.name, reason: 'HALVED' });
    const middle = Math.ceil(batch.length / 2);
    await this.commit(batch.slice(0, middle));
    await this.commit(batch.slice(middle));
  }

  private worthRepeating(error: unknown, tries: number): boolean {
    if (error instanceof DatabaseUnavailable) return !this.closed;
    return isRefusedBatch(error) && !(error instanceof DataRefused) && tries < CONTENDED_TRIES_MAX;
  }

  // An item that has waited too long is told so; the others go on.
  private inTime(batch: Waiting<I, O>[], error: unknown): Waiting<I, O>[] {
    const { deadlineMs = Number.POSITIVE_INFINITY } = this.options;
    const late = performance.now() - deadlineMs;
    refuse(
      batch.filter(({ since }) => since <= late),
      error,
    );
    return batch.filter(({ since }) => since > late);
  }

  private pause(tries: number): Promise<void> {
    const ms = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2);
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.abort.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, this.closed ? 0 : ms);
      this.abort.signal.addEventListener('abort', done);
    });
  }
}

function answer<I, O>(batch: Waiting<I, O>[], results: O[], name: string): void {
  if (results.length !== batch.length) {
    refuse(batch, new Error(`${name} answered ${results.length} results for ${batch.length} items.`));
    return;
  }
  batch.forEach(({ resolve }, index) => {
    resolve(results[index] as O);
  });
}

function refuse<I, O>(batch: Waiting<I, O>[], error: unknown): void {
  for (const { reject } of batch) reject(error);
}
