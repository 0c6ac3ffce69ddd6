import 'reflect-metadata';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DynamicModule, type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ChassisModule } from './chassis.module';
import { Config, ConfigInvalid, loadConfig } from './config';
import { closeDoor, sayGoodbye } from './door';
import { Health, healthRoutes } from './health';
import { Log, nestLogger } from './log';
import { collectProcessMetrics } from './metrics';
import { isStandby, tellParent, untilWanted } from './parent';
import { practise } from './practice';
import { stopGracefully } from './shutdown';

export interface ServiceOptions {
  /** The service's name: coordinator, planner, executor, verifier or console. */
  readonly name: string;
  readonly module: Type | DynamicModule;
  /** Default: `loadConfig()`. */
  readonly config?: Config;
  /** Where a service with an HTTP surface listens. Without it the service answers only /health and /metrics. */
  readonly http?: (config: Config) => { host: string; port: number };
  /** Prepares the express application before it listens: body parsers, pipes, OpenAPI. */
  readonly configure?: (app: NestExpressApplication) => void | Promise<void>;
}

@Module({})
class ServiceModule {}

/** Starts a service, answers once it can take work, and stops it in good order when it is told to. */
export async function bootService(options: ServiceOptions): Promise<INestApplicationContext> {
  await Promise.all([untilWanted(), isStandby() && practise()]);
  const config = options.config ?? configOrExit();
  const log = new Log(options.name, config.logLevel);
  collectProcessMetrics();
  const root: DynamicModule = { module: ServiceModule, imports: [ChassisModule.with(config, log), options.module] };
  try {
    return options.http ? await bootHttp(options, root, config, log) : await bootContext(options, root, config, log);
  } catch (error) {
    log.error('process.start-failed', { error });
    return process.exit(1);
  }
}

function configOrExit(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigInvalid)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(78);
  }
}

async function bootHttp(
  options: ServiceOptions,
  root: DynamicModule,
  config: Config,
  log: Log,
): Promise<INestApplicationContext> {
  const app = await NestFactory.create<NestExpressApplication>(root, {
    logger: nestLogger(log),
    bodyParser: false,
    abortOnError: false,
  });
  const health = app.get(Health);
  app.use(healthRoutes(health)).use(sayGoodbye(health));
  await options.configure?.(app);
  const { host, port } = options.http?.(config) ?? { host: config.host, port: config.port };
  await app.listen(port, host);
  ready(options.name, log, app.getHttpServer() as Server);
  stopGracefully(log, async () => {
    health.drain();
    await closeDoor(app.getHttpServer() as Server);
    await app.close();
  });
  return app;
}

async function bootContext(
  options: ServiceOptions,
  root: DynamicModule,
  config: Config,
  log: Log,
): Promise<INestApplicationContext> {
  const app = await NestFactory.createApplicationContext(root, { logger: nestLogger(log), abortOnError: false });
  const health = app.get(Health);
  const routes = healthRoutes(health);
  const server = createServer((request, response) => routes(request, response, () => response.writeHead(404).end()));
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(config.healthPort, config.healthHost, resolve),
  );
  ready(options.name, log, server);
  stopGracefully(log, async () => {
    health.drain();
    await app.close();
    server.close();
  });
  return app;
}

function ready(service: string, log: Log, server: Server): void {
  const { address, port } = server.address() as AddressInfo;
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  log.info('process.ready', { url, pid: process.pid });
  tellParent({ type: 'ready', service, url });
}
