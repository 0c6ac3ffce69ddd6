import 'reflect-metadata';
import { counter, Log } from '@muster/chassis';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Job, Worker } from 'bullmq';
import { type ClassConstructor, plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { QueueBackend } from './backend';

export interface ConsumeOptions<T extends object> {
  /** Jobs worked on at the same time. */
  readonly concurrency: number;
  /** The class a message must be: a job that breaks its rules is dropped, since it carries no truth. */
  readonly message: ClassConstructor<T>;
}

/** The job around a message. */
export interface Delivery {
  readonly id: string;
  readonly name: string;
}

export type MessageHandler<T> = (message: T, delivery: Delivery) => Promise<void>;

const LOCK_MS = 30_000;
const FAILED_KEPT = 100;
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
    const consumer = new Consumer(this.backend, this.log, queue, options.concurrency, (job) =>
      deliver(job, options.message, work, this.log),
    );
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
  type: ClassConstructor<T>,
  work: MessageHandler<T>,
  log: Log,
): Promise<void> {
  const queue = job.queueName;
  const message = plainToInstance(type, job.data);
  const problems =
    message instanceof type ? validateSync(message, { whitelist: true, forbidUnknownValues: true }) : ['not an object'];
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

/** One queue's jobs, taken by one BullMQ worker at a time. */
export class Consumer {
  private worker: Worker;
  private takenAt = performance.now();
  private closed = false;
  private readonly watch: NodeJS.Timeout;

  constructor(
    private readonly backend: QueueBackend,
    private readonly log: Log,
    readonly queue: string,
    private readonly concurrency: number,
    private readonly work: (job: Job) => Promise<void>,
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
    await endWorker(this.worker);
  }

  private listen(): Worker {
    const worker = this.backend.worker(
      this.queue,
      async (job) => {
        this.takenAt = performance.now();
        await this.work(job);
      },
      {
        concurrency: this.concurrency,
        lockDuration: LOCK_MS,
        stalledInterval: LOCK_MS,
        maxStalledCount: 1,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: FAILED_KEPT },
      },
    );
    worker.on('error', (error) => this.log.debug('consumer.error', { queue: this.queue, error }));
    return worker;
  }

  // After a reconnect a worker may block on a connection that will never answer. Jobs that wait while nobody takes one
  // are the only sign of it.
  private async restartWhenDeaf(): Promise<void> {
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
