import { Clock, Config, Health, Log } from '@muster/chassis';
import { type DynamicModule, Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Database, type DatabaseRole } from './database';
import { WorkerLease, type WorkerLeaseOptions } from './worker-lease';

const ROLE = Symbol('database role');

@Injectable()
class DatabaseLifetime implements OnModuleInit, OnApplicationShutdown {
  constructor(
    private readonly database: Database,
    private readonly health: Health,
  ) {}

  onModuleInit(): void {
    this.health.add('postgres', () => this.database.ping());
  }

  // The last of Nest's hooks: everything that writes has ended in an earlier one.
  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

/** The truth, for injection anywhere in a service: `Database` with the grants of its role, and its `WorkerLease`. */
@Module({})
export class PersistenceModule {
  static for(role: DatabaseRole): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        { provide: ROLE, useValue: role },
        { provide: Database, useFactory: openDatabase, inject: [ROLE, Config, Log] },
        DatabaseLifetime,
      ],
      exports: [Database],
    };
  }
}

function openDatabase(role: DatabaseRole, config: Config, log: Log): Database {
  const onIdleError = (error: Error): void => log.warn('postgres.connection-lost', { error });
  return new Database({ url: config.databaseUrl, name: role, role, poolMax: config.databasePoolMax, onIdleError });
}

const WORKER = Symbol('worker');

/**
 * Registers the process as a worker before anything else of the service starts. The service itself calls `ready`,
 * `drain` and `end`, since only it knows when nothing is in flight.
 */
@Module({})
export class WorkerModule {
  static for(service: WorkerLeaseOptions['service']): DynamicModule {
    return {
      module: WorkerModule,
      global: true,
      providers: [
        { provide: WORKER, useValue: service },
        { provide: WorkerLease, useFactory: startLease, inject: [WORKER, Database, Config, Log, Clock] },
      ],
      exports: [WorkerLease],
    };
  }
}

async function startLease(
  service: WorkerLeaseOptions['service'],
  database: Database,
  config: Config,
  log: Log,
  clock: Clock,
): Promise<WorkerLease> {
  const lanes = service === 'executor' ? config.executorLanes : [];
  const { leaseTtlMs, heartbeatMs } = config;
  const lease = new WorkerLease(database, { service, lanes, leaseTtlMs, heartbeatMs }, log, clock);
  await lease.start();
  return lease;
}
