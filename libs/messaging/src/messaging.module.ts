import { Config, Log } from '@muster/chassis';
import { Fault } from '@muster/domain';
import { type DynamicModule, Module } from '@nestjs/common';
import { QueueBackend } from './backend';
import { Consumers } from './consumer';
import { Doorbells } from './doorbells';
import { FailedJobs } from './failed-jobs';

/** A Redis that may drop keys at will drops doorbells and locks. */
export class EvictingRedis extends Fault {
  readonly code = 'EVICTING_REDIS';
  readonly retryable = false;
  constructor(policy: string) {
    super(`Redis evicts by '${policy}'.`, 'Set its maxmemory-policy to noeviction.');
  }
}

/** The queues, for injection anywhere in a service: `Doorbells` to ring, `Consumers` to listen. */
@Module({})
export class MessagingModule {
  static all(): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      providers: [
        { provide: QueueBackend, useFactory: openBackend, inject: [Config, Log] },
        Doorbells,
        Consumers,
        FailedJobs,
      ],
      exports: [QueueBackend, Doorbells, Consumers, FailedJobs],
    };
  }
}

async function openBackend(config: Config, log: Log): Promise<QueueBackend> {
  const backend = new QueueBackend({
    redisUrl: config.redisUrl,
    databaseUrl: config.databaseUrl,
    prefix: config.queuePrefix,
  });
  log.info('queues.chosen', { backend: backend.kind });
  if (config.nodeEnv === 'production') await refuseEviction(backend, log);
  return backend;
}

async function refuseEviction(backend: QueueBackend, log: Log): Promise<void> {
  const policy = await backend.evictionPolicy().catch((error: unknown) => log.warn('queues.policy-unknown', { error }));
  if (policy !== undefined && policy !== 'noeviction') throw new EvictingRedis(policy);
}
