import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { WorkerLease } from './worker-lease';

/** Says when this process takes work, takes no more, and has left. */
@Injectable()
export class WorkerLifetime implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  constructor(private readonly lease: WorkerLease) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.lease.ready();
  }

  async onModuleDestroy(): Promise<void> {
    await this.lease.drain();
  }

  // By now the consumers have closed: nothing of this process is under way.
  async beforeApplicationShutdown(): Promise<void> {
    await this.lease.end();
  }
}
