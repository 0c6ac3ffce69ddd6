import { Log } from '@muster/chassis';
import { PlannerDoorbell, QUEUES } from '@muster/contracts';
import { Consumers } from '@muster/messaging';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

/**
 * Takes the planner's jobs. A goal needs a model to make a plan of it, and this build is configured with none, which is
 * why the coordinator's doors refuse goals and no task is ever in state planning. A job that comes all the same is
 * forged or from another version; it carries no truth, so that dropping it loses nothing.
 */
@Injectable()
export class PlanConsumer implements OnApplicationBootstrap {
  constructor(
    private readonly consumers: Consumers,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.consumers.consume(QUEUES.planner, { concurrency: 1, message: PlannerDoorbell }, async ({ tasks }) => {
      this.log.warn('planner.job-dropped', {
        tasks,
        reason: 'No model is configured, so there is nothing to plan with.',
      });
    });
  }
}
