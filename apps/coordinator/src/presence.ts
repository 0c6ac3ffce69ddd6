import { WorkerLease } from '@muster/persistence';
import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';

/** The coordinator's own row among the workers. */
@Injectable()
export class Presence implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly lease: WorkerLease) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.lease.ready();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.lease.end();
  }
}
