import { setTimeout as pause } from 'node:timers/promises';
import { faultPoint, Log } from '@muster/chassis';
import { QUEUES } from '@muster/contracts';
import { Consumers, FailedJobs, PutBack, type TakenJob } from '@muster/messaging';
import { isTransient } from '@muster/persistence';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Intake } from './intake';
import { INTAKE_LIMITS } from './intake.limits';

/** Takes other systems' jobs. This one queue carries truth: a job leaves it only when what it became stands in Postgres. */
@Injectable()
export class IntakeConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private collecting: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly consumers: Consumers,
    private readonly failed: FailedJobs,
    private readonly intake: Intake,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.consumers.take(QUEUES.intake, { concurrency: INTAKE_LIMITS.CONCURRENCY }, (job) => this.work(job));
    this.timer = setInterval(() => {
      this.collecting ??= this.collect();
    }, INTAKE_LIMITS.COLLECT_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.collecting;
  }

  // Waiting here keeps the job's lock, so that it costs nobody else a try; the queue takes it back if we die or stop.
  private async work(job: TakenJob): Promise<void> {
    for (let tries = 1; !job.stopping.aborted; tries++) {
      try {
        await this.intake.take(job, tries >= INTAKE_LIMITS.TRIES_MAX);
        faultPoint('coordinator.before-intake-ack', () => [job.id]);
        return;
      } catch (error) {
        if (!isWorthWaiting(error)) throw error;
        this.log.debug('intake.waits', { job: job.id, tries, error });
      }
      const ms = Math.min(INTAKE_LIMITS.RETRY_MS * 2 ** Math.min(tries - 1, 16), INTAKE_LIMITS.RETRY_MS_MAX);
      await pause(ms, undefined, { signal: job.stopping }).catch(() => undefined);
    }
    throw new PutBack();
  }

  // What BullMQ gave up, as after too many processes that died over it, becomes a letter that a person can see.
  private async collect(): Promise<void> {
    try {
      await this.failed.collect(QUEUES.intake, (job) => this.intake.abandon(job, job.reason));
    } catch (error) {
      this.log.warn('intake.collect-failed', { error });
    } finally {
      this.collecting = undefined;
    }
  }
}

const isWorthWaiting = (error: unknown): boolean =>
  isTransient(error) || (error instanceof Error && 'retryable' in error && error.retryable === true);
