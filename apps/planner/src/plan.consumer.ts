import { faultPoint } from '@muster/chassis';
import { PlannerDoorbell, QUEUES } from '@muster/contracts';
import { OperationLedger } from '@muster/ledger';
import { Consumers } from '@muster/messaging';
import { WorkerLease } from '@muster/persistence';
import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { ModelCaller } from './model.caller';
import { Planner } from './planner';

/** Plans that one process has models make at the same time. */
const PLANS_AT_ONCE = 16;

/** Takes the planner's jobs; a job lasts as long as its calls, so that a board shows what is going on. */
@Injectable()
export class PlanConsumer implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  constructor(
    private readonly consumers: Consumers,
    private readonly planner: Planner,
    private readonly lease: WorkerLease,
    private readonly ledger: OperationLedger,
    private readonly caller: ModelCaller,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const options = { concurrency: PLANS_AT_ONCE, message: PlannerDoorbell };
    this.consumers.consume(QUEUES.planner, options, (message) => this.take(message));
    await this.lease.ready();
  }

  async onModuleDestroy(): Promise<void> {
    await this.lease.drain();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.caller.close();
    await this.ledger.close();
    await this.lease.end();
  }

  private async take({ steps }: PlannerDoorbell): Promise<void> {
    this.lease.noteJob();
    await Promise.all(steps.map((step) => this.planner.plan(step)));
    faultPoint('planner.before-ack', () => steps.map(({ id }) => id));
  }
}
