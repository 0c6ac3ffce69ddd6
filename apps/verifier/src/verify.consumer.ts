import { faultPoint, Log } from '@muster/chassis';
import { QUEUES, VerifierDoorbell } from '@muster/contracts';
import { Consumers } from '@muster/messaging';
import { isTransient, WorkerLease } from '@muster/persistence';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { BOUNDS } from './bounds';
import { Verifier } from './verifier';

/** Takes the verifier's jobs. */
@Injectable()
export class VerifyConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();

  constructor(
    private readonly consumers: Consumers,
    private readonly verifier: Verifier,
    private readonly lease: WorkerLease,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.consumers.consume(QUEUES.verifier, { concurrency: BOUNDS.JOBS_MAX, message: VerifierDoorbell }, (message) =>
      this.take(message),
    );
  }

  // Read-backs that wait for a better moment are left to the next verifier.
  onModuleDestroy(): void {
    this.stopping.abort();
  }

  private async take(message: VerifierDoorbell): Promise<void> {
    this.lease.noteJob();
    try {
      await this.verifier.answer(message, this.stopping.signal);
      faultPoint('verifier.before-ack', () => subjectsOf(message));
    } catch (error) {
      if (!isTransient(error)) throw error;
      // The rows still wait for their verdict, so that the coordinator's sweep asks again.
      this.log.warn('verifier.postponed', { error });
    }
  }
}

const subjectsOf = ({ steps = [], tasks = [], operations = [] }: VerifierDoorbell): string[] => [
  ...[...steps, ...tasks].map(({ id }) => id),
  ...operations,
];
