import { Config, faultPoint } from '@muster/chassis';
import { ExecutorDoorbell, executorQueue, type StepAtEpoch } from '@muster/contracts';
import { Withdrawals } from '@muster/ledger';
import { Consumers } from '@muster/messaging';
import { WorkerLease } from '@muster/persistence';
import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { RunRunner, RunTools } from './run.runner';
import { ToolRegistry } from './tools';

/** Ends what is under way before the lease: the clean exit is the word that every socket is closed. */
@Injectable()
export class Closing {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly tools: RunTools,
    private readonly withdrawals: Withdrawals,
  ) {}

  async close(): Promise<void> {
    this.withdrawals.abortAll();
    await this.registry.close();
    await this.tools.ledger.close();
    await this.tools.loader.close();
  }
}

/** Takes runs from the executor's lanes; a job lasts as long as its runs, so that a board shows what is going on. */
@Injectable()
export class RunConsumer implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  constructor(
    private readonly consumers: Consumers,
    private readonly runner: RunRunner,
    private readonly lease: WorkerLease,
    private readonly config: Config,
    private readonly closing: Closing,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const lane of this.config.executorLanes) {
      this.consumers.consume(
        executorQueue(lane),
        { concurrency: this.config.runConcurrency, message: ExecutorDoorbell },
        (message) => this.take(message),
      );
    }
    await Promise.all([this.lease.ready(), this.runner.warmUp()]);
  }

  // Before the consumers wait for the runs under way: each of them ends with the call that it is at, and whoever waits
  // for room at a tool leaves. The rest is rung again as soon as the worker has ended.
  async onModuleDestroy(): Promise<void> {
    await this.lease.drain();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.closing.close();
    await this.lease.end();
  }

  private async take({ steps }: ExecutorDoorbell): Promise<void> {
    this.lease.noteJob();
    await Promise.all(splitRuns(steps).map((run) => this.runner.run(run)));
    faultPoint('executor.before-ack', () => steps.map(({ id }) => id));
  }
}

/** `after` marks the members that follow the step before them. */
function splitRuns(steps: readonly StepAtEpoch[]): StepAtEpoch[][] {
  const runs: StepAtEpoch[][] = [];
  for (const step of steps) {
    if (step.after && runs.length > 0) runs.at(-1)!.push(step);
    else runs.push([step]);
  }
  return runs;
}
