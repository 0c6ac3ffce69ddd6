import { Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { QueueBackend } from './backend';
import type { Delivery } from './consumer';

/** A job among the failed, as it came. */
export interface FailedJob extends Delivery {
  readonly body: unknown;
  /** What BullMQ noted. */
  readonly reason: string;
}

const AT_ONCE = 100;

/** Empties the failed set of a queue whose jobs carry truth, so that none of them ends there unseen. */
@Injectable()
export class FailedJobs {
  constructor(private readonly backend: QueueBackend) {}

  /** Brings up to a hundred to `keep`, and removes each one that it took. Rejects while the backend is away. */
  async collect(name: string, keep: (job: FailedJob) => Promise<void>): Promise<void> {
    const queue = this.backend.producer(name);
    try {
      await this.backend.ready();
      await this.collectFrom(queue, keep);
    } finally {
      await queue.close().catch(() => undefined);
    }
  }

  private async collectFrom(queue: Queue, keep: (job: FailedJob) => Promise<void>): Promise<void> {
    for (const job of await queue.getFailed(0, AT_ONCE - 1)) {
      await keep({ id: job.id ?? '', name: job.name, body: job.data, reason: job.failedReason });
      await job.remove();
    }
  }
}
