import { counter, Log } from '@muster/chassis';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { type Job, WaitingError, type Worker } from 'bullmq';
import { validateSync } from 'class-validator';
import { QueueBackend } from './backend';

export interface ConsumeOptions<T extends object> {
  /** Jobs worked on at the same time. */
  readonly concurrency: number;
  /** The class a message must be: a job that breaks its rules is dropped, since it carries no truth. */
  readonly message: new () => T;
}

/** The job around a message. */
export interface Delivery {
  readonly id: string;
  readonly name: string;
}

export type MessageHandler<T> = (message: T, delivery: Delivery) => Promise<void>;

/** A job that carries truth, as it came. */
export interface TakenJob extends Delivery {
  readonly body: unknown;
  /** Aborted when the consumer closes: who waits for something gives the job up with `PutBack`. */
  readonly stopping: AbortSignal;
}

/** Gives a job that carries truth back to its queue, for another process to take. */
export class PutBack extends Error {
  constructor() {
    super('The job goes back to where it waited.');
    this.name = 'PutBack';
  }
}

/** How a consumer treats its jobs. */
interface Manner {
  readonly concurrency: number;
  /** How often a job may outlive the process that works on it. */
  readonly stallsMax: number;
  /** Failed jobs that the queue keeps; without it all of them. */
  readonly failedKept?: number;
}

/** A job that carries truth comes again this long after its process died, and as long as two checks later. */
const LOCK_MS = 10_000;
const STALL_CHECK_MS = 5_000;
const FAILED_KEPT = 100;
/** A doorbell that ends its process is rung again by the sweeper. */
const DOORBELL_STALLS_MAX = 1;
/** Restarts of a fleet must not cost a job that carries truth; one that ends every process it meets must be let go. */
const TRUTH_STALLS_MAX = 10;
const WATCH_MS = 10_000;
const CLOSE_MS_MAX = 8_000;

const taken = counter('muster_jobs_total', 'Jobs taken from a queue, by what became of them.', ['queue', 'result']);
const restarts = counter('muster_consumer_restarts_total', 'Consumers that went deaf and were started anew.', [
  'queue',
]);

/** Opens the consumers of a service, and closes them before its connections. */
@Injectable()
export class Consumers implements OnModuleDestroy {
  private readonly open: Consumer[] = [];

  constructor(
    private readonly backend: QueueBackend,
    private readonly log: Log,
  ) {}

  /** Takes jobs from now on. `work` must not reject for anything it expects: no job is ever tried twice. */
  consume<T extends object>(queue: string, options: ConsumeOptions<T>, work: MessageHandler<T>): Consumer {
    const { concurrency, message } = options;
    const manner = { concurrency, stallsMax: DOORBELL_STALLS_MAX, failedKept: FAILED_KEPT };
    return this.listen(queue, manner, (job) => deliver(job, message, work, this.log));
  }

  /**
   * Takes jobs that carry truth: one leaves its queue only when `work` has resolved. It comes again, to whoever is there,
   * when its process dies or it is put back; one that rejects stays among the failed.
   */
  take(queue: string, { concurrency }: { concurrency: number }, work: (job: TakenJob) => Promise<void>): Consumer {
    const manner = { concurrency, stallsMax: TRUTH_STALLS_MAX };
    return this.listen(queue, manner, (job, stopping, token) => deliverWhole(job, { stopping, token }, work, this.log));
  }

  private listen(queue: string, manner: Manner, work: JobWork): Consumer {
    const consumer = new Consumer(this.backend, this.log, queue, manner, work);
    this.open.push(consumer);
    return consumer;
  }

  // The first of Nest's hooks: what comes in stops before what goes out.
  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.open.map((consumer) => consumer.close()));
  }
}

async function deliver<T extends object>(
  job: Job,
  type: new () => T,
  work: MessageHandler<T>,
  log: Log,
): Promise<void> {
  const queue = job.queueName;
  const message = Object.assign(new type(), job.data);
  const problems = validateSync(message, { whitelist: true, forbidUnknownValues: true });
  if (problems.length > 0) {
    taken.inc({ queue, result: 'invalid' });
    return log.warn('message.dropped', { queue, job: job.id, problems: problems.map(String) });
  }
  try {
    await work(message, { id: job.id ?? '', name: job.name });
    taken.inc({ queue, result: 'done' });
  } catch (error) {
    taken.inc({ queue, result: 'failed' });
    log.error('message.failed', { queue, job: job.id, error });
    throw error;
  }
}

type JobWork = (job: Job, stopping: AbortSignal, token: string | undefined) => Promise<void>;

async function deliverWhole(
  job: Job,
  { stopping, token }: { stopping: AbortSignal; token: string | undefined },
  work: (job: TakenJob) => Promise<void>,
  log: Log,
): Promise<void> {
  const queue = job.queueName;
  try {
    // A worker that closes may still take what was just put back.
    if (stopping.aborted) throw new PutBack();
    await work({ id: job.id ?? '', name: job.name, body: job.data, stopping });
    taken.inc({ queue, result: 'done' });
  } catch (error) {
    if (error instanceof PutBack) {
      taken.inc({ queue, result: 'put-back' });
      await job.moveToWait(token);
      throw new WaitingError();
    }
    taken.inc({ queue, result: 'failed' });
    log.error('message.failed', { queue, job: job.id, error });
    throw error;
  }
}

/** One queue's jobs, taken by one BullMQ worker at a time. */
export class Consumer {
  private worker: Worker;
  private takenAt = performance.now();
  private underWay = 0;
  private closed = false;
  private readonly stopping = new AbortController();
  private readonly watch: NodeJS.Timeout;

  constructor(
    private readonly backend: QueueBackend,
    private readonly log: Log,
    readonly queue: string,
    private readonly manner: Manner,
    private readonly work: JobWork,
  ) {
    this.worker = this.listen();
    this.watch = setInterval(() => void this.restartWhenDeaf().catch(() => undefined), WATCH_MS);
    this.watch.unref();
  }

  /** Takes nothing new, and resolves when what it had taken is done. */
  async pause(): Promise<void> {
    await this.worker.pause();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.watch);
    const ended = endWorker(this.worker);
    this.stopping.abort();
    await ended;
  }

  private listen(): Worker {
    const { concurrency, stallsMax, failedKept } = this.manner;
    const worker = this.backend.worker(this.queue, (job, token) => this.workOn(job, token), {
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALL_CHECK_MS,
      maxStalledCount: stallsMax,
      removeOnComplete: { count: 0 },
      removeOnFail: failedKept === undefined ? undefined : { count: failedKept },
    });
    worker.on('error', (error) => this.log.debug('consumer.error', { queue: this.queue, error }));
    return worker;
  }

  private async workOn(job: Job, token: string | undefined): Promise<void> {
    this.takenAt = performance.now();
    this.underWay++;
    try {
      await this.work(job, this.stopping.signal, token);
    } finally {
      this.underWay--;
    }
  }

  // After a reconnect a worker may block on a connection that will never answer. Jobs that wait while nobody takes one
  // are the only sign of it. Where every hand is full nobody could.
  private async restartWhenDeaf(): Promise<void> {
    if (this.underWay >= this.manner.concurrency) return;
    if (this.closed || performance.now() - this.takenAt < WATCH_MS) return;
    const queue = this.backend.producer(this.queue);
    const waiting = await queue
      .getJobCountByTypes('waiting', 'prioritized')
      .finally(() => queue.close().catch(() => undefined));
    if (this.closed || waiting === 0 || performance.now() - this.takenAt < WATCH_MS) return;
    restarts.inc({ queue: this.queue });
    this.log.warn('consumer.restarted', { queue: this.queue, waiting });
    const deaf = this.worker;
    this.worker = this.listen();
    this.takenAt = performance.now();
    await endWorker(deaf);
  }
}

// Closing waits for the jobs under way, and for ever where the backend is away.
async function endWorker(worker: Worker): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => resolve(worker.close(true).catch(() => undefined)), CLOSE_MS_MAX);
  });
  await Promise.race([worker.close().catch(() => undefined), late]).finally(() => clearTimeout(timer));
}
