import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { ChassisModule, Log, loadConfig } from '@muster/chassis';
import { Doorbells } from '@muster/messaging';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { CoordinatorModule } from '../../apps/coordinator/src/coordinator.module';
import { openDoor } from '../../apps/coordinator/src/http/door';
import { type KeyOptions, newApiKey } from './api-key';
import { freshDatabase, type TestDatabase } from './database';
import { REDIS_URL_VARIABLE } from './start-services';

interface CoordinatorOptions {
  /** Another way to the database, e.g. through a gate. */
  readonly through?: (url: string) => Promise<string>;
  /** More settings. */
  readonly env?: Readonly<Record<string, string>>;
}

@Module({})
class TestService {}

/** A coordinator in this process, listening on a free port, with a database of its own and nobody to execute its steps. */
export class TestCoordinator {
  private constructor(
    private readonly app: NestExpressApplication,
    readonly database: TestDatabase,
    readonly url: string,
  ) {}

  static async start({ through, env }: CoordinatorOptions = {}): Promise<TestCoordinator> {
    const database = await freshDatabase();
    const config = loadConfig({
      NODE_ENV: 'test',
      DATABASE_URL: (await through?.(database.url)) ?? database.url,
      REDIS_URL: process.env[REDIS_URL_VARIABLE],
      QUEUE_PREFIX: `t-${randomBytes(6).toString('hex')}`,
      ...env,
    });
    const chassis = ChassisModule.with(config, new Log('test', 'silent'));
    const root = { module: TestService, imports: [chassis, CoordinatorModule] };
    const options = { logger: false, bodyParser: false, abortOnError: false } as const;
    const app = await NestFactory.create<NestExpressApplication>(root, options);
    openDoor(app);
    await app.listen(0, '127.0.0.1');
    return new TestCoordinator(app, database, await app.getUrl());
  }

  get server(): Server {
    return this.app.getHttpServer();
  }

  /** To ring what it hears. */
  get doorbells(): Doorbells {
    return this.app.get(Doorbells, { strict: false });
  }

  /** A new API key: of the tenant `default`, with every scope, unless said otherwise. */
  key(options?: KeyOptions): Promise<string> {
    return newApiKey(this.database.client, options);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.drop();
  }
}
