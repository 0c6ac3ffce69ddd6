import { counter, Log, secondsHistogram } from '@muster/chassis';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { QueueBackend } from './backend';

/** `id` makes a job unique in its queue while it is there: step, epoch and ring number, joined by `-`. */
export interface Doorbell {
  readonly name: string;
  readonly data: object;
  readonly id: string;
  /** As a task's: 0 is the least, 9 the most urgent. Jobs without one are taken in their order, before all others. */
  readonly priority?: number;
}

/** Who has something to ring; asked when the line is free. */
export interface RingSource {
  /** All that waits, as jobs. */
  take(): Doorbell[];
  /** What was taken is in the queue, or was given up. */
  taken(): void;
}

/** How many jobs of each kind a queue holds. */
export interface QueueDepth {
  readonly queue: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
}

const RING_MS_MAX = 2_000;
const BULK_MAX = 500;
const FAILED_KEPT = 100;
const WARN_EVERY_MS = 5_000;

const rung = counter('muster_doorbells_total', 'Doorbells rung, by queue.', ['queue']);
const lost = counter('muster_doorbells_lost_total', 'Doorbells that could not be rung; the sweeper rings them again.', [
  'queue',
]);
const durations = secondsHistogram('muster_doorbell_seconds', 'Time to add a batch of doorbells.', ['queue']);

/** Wakes other services. A ring carries no truth, so losing one costs a delay and nobody ever waits for it. */
@Injectable()
export class Doorbells implements OnApplicationShutdown {
  private readonly lines = new Map<string, Line>();

  constructor(
    private readonly backend: QueueBackend,
    private readonly log: Log,
  ) {}

  /** What `source` has by then leaves as soon as the ring under way has left. Never throws and never waits. */
  ring(queue: string, source: RingSource): void {
    this.line(queue).ring(source);
  }

  /** Tells that so many could not be rung. */
  lose(queue: string, count: number, error: unknown): void {
    this.line(queue).lose(count, error);
  }

  /** Resolves when everything rung so far was added or given up. */
  async settled(): Promise<void> {
    await Promise.all([...this.lines.values()].map((line) => line.settled()));
  }

  /** For GET /v1/queues; rejects while the backend is away. */
  async depths(queues: readonly string[]): Promise<QueueDepth[]> {
    return await Promise.all(queues.map((queue) => this.line(queue).depth()));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.settled();
    await Promise.all([...this.lines.values()].map((line) => line.close()));
    this.backend.close();
  }

  private line(queue: string): Line {
    const line = this.lines.get(queue) ?? new Line(queue, this.backend, this.log);
    this.lines.set(queue, line);
    return line;
  }
}

/** The line to one queue: one ring is under way at a time. */
class Line {
  private queue: Queue | undefined;
  private readonly sources = new Set<RingSource>();
  private ringing: Promise<void> | undefined;
  private warnedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly name: string,
    private readonly backend: QueueBackend,
    private readonly log: Log,
  ) {}

  ring(source: RingSource): void {
    this.sources.add(source);
    this.ringing ??= this.drain();
  }

  async settled(): Promise<void> {
    await this.ringing;
  }

  async depth(): Promise<QueueDepth> {
    const counts = await this.inTime((queue) =>
      queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed'),
    );
    const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts;
    return { queue: this.name, waiting: waiting + prioritized, active, delayed, failed };
  }

  async close(): Promise<void> {
    await bounded(this.queue?.close() ?? Promise.resolve()).catch(() => undefined);
    this.queue = undefined;
  }

  private async drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.sources.size > 0) {
      const sources = [...this.sources];
      this.sources.clear();
      const jobs = sources.flatMap((source) => source.take());
      while (jobs.length > 0) await this.add(jobs.splice(0, BULK_MAX));
      for (const source of sources) source.taken();
    }
    this.ringing = undefined;
  }

  private async add(jobs: Doorbell[]): Promise<void> {
    const stop = durations.startTimer({ queue: this.name });
    try {
      await this.inTime((queue) => queue.addBulk(jobs.map(toJob)));
      rung.inc({ queue: this.name }, jobs.length);
    } catch (error) {
      this.lose(jobs.length, error);
    } finally {
      stop();
    }
  }

  // A queue remembers a failed start for ever: it is made when its connection is there, and a new one takes its place.
  private async inTime<T>(work: (queue: Queue) => Promise<T>): Promise<T> {
    let queue: Queue | undefined;
    let givenUp = false;
    const onceReady = async (): Promise<T> => {
      await this.backend.ready();
      // What nobody waits for any more must not be done after all: an outage would end in a flood of old rings.
      if (givenUp) throw new Error('The queue came back too late.');
      this.queue ??= this.backend.producer(this.name);
      queue = this.queue;
      return work(queue);
    };
    try {
      return await bounded(onceReady());
    } catch (error) {
      givenUp = true;
      if (queue && this.queue === queue) this.queue = undefined;
      void bounded(queue?.close() ?? Promise.resolve()).catch(() => undefined);
      throw error;
    }
  }

  lose(count: number, error: unknown): void {
    lost.inc({ queue: this.name }, count);
    if (performance.now() - this.warnedAt < WARN_EVERY_MS) return;
    this.warnedAt = performance.now();
    this.log.warn('doorbell.lost', { queue: this.name, count, error });
  }
}

// BullMQ takes 1 as the most urgent and 0 as none at all, which is its quickest way.
const toJob = ({ name, data, id, priority }: Doorbell) => ({
  name,
  data,
  opts: {
    jobId: id,
    priority: priority === undefined ? 0 : 10 - priority,
    attempts: 1,
    removeOnComplete: true,
    removeOnFail: { count: FAILED_KEPT },
  },
});

async function bounded<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`The queue gave no answer in ${RING_MS_MAX} ms.`)), RING_MS_MAX);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
