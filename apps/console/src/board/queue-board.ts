import { type createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { InjectBullBoard } from '@bull-board/nestjs';
import { Log } from '@muster/chassis';
import { executorQueue, QUEUES } from '@muster/contracts';
import type { JsonValue } from '@muster/domain';
import { QueueBackend } from '@muster/messaging';
import { Database, type NamedSql } from '@muster/persistence';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { BOUNDS } from '../readers/bounds';
import { jobLink } from './job-link';
import { shownJob } from './job-shown';

type Board = ReturnType<typeof createBullBoard>;

const FIND_LANES: NamedSql = {
  name: 'console.find-lanes',
  text: `select distinct unnest(lanes) as lane from worker where state <> 'dead' order by lane`,
};

/** Keeps Bull Board showing every queue there is, for reading only: a retry there would go past the coordinator. */
@Injectable()
export class QueueBoard implements OnModuleInit, OnModuleDestroy {
  private readonly queues = new Map<string, Queue>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectBullBoard() private readonly board: Board,
    private readonly backend: QueueBackend,
    private readonly database: Database,
    private readonly log: Log,
  ) {}

  /** The names of the queues on the board. */
  get names(): string[] {
    return [...this.queues.keys()];
  }

  onModuleInit(): void {
    for (const name of Object.values(QUEUES)) this.open(name);
    const refresh = (): void =>
      void this.refresh().catch((error: unknown) => this.log.warn('board.refresh-failed', { error }));
    refresh();
    this.timer = setInterval(refresh, BOUNDS.BOARD_REFRESH_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }

  // A queue on Postgres remembers a failed start for ever, so that a new one has to take its place.
  private async refresh(): Promise<void> {
    const lanes = await this.database.query<{ lane: string }>(FIND_LANES);
    for (const { lane } of lanes) if (!this.queues.has(executorQueue(lane))) this.open(executorQueue(lane));
    await Promise.all(
      [...this.queues].map(([name, queue]) => queue.getJobCounts('waiting').catch(() => this.reopen(name, queue))),
    );
  }

  private reopen(name: string, broken: Queue): void {
    this.open(name);
    broken.close().catch((error: unknown) => this.log.debug('board.close-failed', { queue: name, error }));
  }

  private open(name: string): void {
    const queue = this.backend.producer(name);
    const adapter = new BullMQAdapter(queue, {
      readOnlyMode: true,
      allowRetries: false,
      externalJobUrl: (job) => jobLink(job.data as JsonValue) as { displayText: string; href: string },
    });
    adapter.setFormatter('data', (message: JsonValue) => shownJob(message));
    adapter.setFormatter('returnValue', () => null);
    this.board.addQueue(adapter);
    this.queues.set(name, queue);
  }
}
