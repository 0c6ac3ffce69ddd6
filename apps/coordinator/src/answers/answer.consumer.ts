import { faultPoint } from '@muster/chassis';
import { CoordinatorDoorbell, QUEUES } from '@muster/contracts';
import { Consumers } from '@muster/messaging';
import { WorkerLease } from '@muster/persistence';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DecisionLoop } from '../lifecycle/decision-loop';
import { Sweeper } from '../sweeper/sweeper';

/**
 * A doorbell only adds to what the next batch looks at, so that none waits for another; and where one job is under way at
 * a time, the queue hands out the next as it takes back the last, in one round trip.
 */
const CONCURRENCY = 1;

/** Hears that something was settled, probed or judged, or that a worker has ended, and has it looked at. */
@Injectable()
export class AnswerConsumer implements OnApplicationBootstrap {
  constructor(
    private readonly consumers: Consumers,
    private readonly loop: DecisionLoop,
    private readonly sweeper: Sweeper,
    private readonly lease: WorkerLease,
  ) {}

  onApplicationBootstrap(): void {
    this.consumers.consume(
      QUEUES.coordinator,
      { concurrency: CONCURRENCY, message: CoordinatorDoorbell },
      async (message) => {
        this.lease.noteJob();
        const { steps = [], tasks = [], workers = [] } = message;
        this.loop.look(steps, tasks);
        if (workers.length > 0) this.sweeper.hurry();
        faultPoint('coordinator.before-ack', () => [...steps, ...tasks, ...workers]);
      },
    );
  }
}
