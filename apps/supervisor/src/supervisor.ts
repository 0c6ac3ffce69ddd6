import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { QueueBackend } from '@muster/messaging';
import { Database, migrate } from '@muster/persistence';
import { ChildService } from './child-service';
import { type Connection, removeConnection, writeConnection } from './connection-file';
import { EndBell } from './end-bell';
import { FolderLock } from './folder-lock';
import { localKeys } from './local-keys';
import { lastLines } from './log-file';
import type { Output } from './output';
import { EmbeddedPostgres } from './postgres';
import type { Settings } from './settings';
import { reportLeftoverWorkers, reportWorkerEnds } from './worker-ends';

const SERVICES = ['coordinator', 'planner', 'executor', 'verifier', 'console'];
/** While one of these is away no task moves. */
const SPARED = ['coordinator', 'executor'];
const READY_MS_MAX = 60_000;
/** Tools on one's own machine are what a newcomer tries first. */
const LOOPBACK = '127.0.0.0/8,::1,localhost';

/** The embedded profile: Postgres, the services and the console as children, from nothing to ready and back. */
export class Supervisor {
  private lock: FolderLock | undefined;
  private postgres: EmbeddedPostgres | undefined;
  private database: Database | undefined;
  private bell: EndBell | undefined;
  private services: ChildService[] = [];
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly env: NodeJS.ProcessEnv,
    private readonly output: Output,
    private readonly onPostgresDied: (reason: string) => void,
  ) {}

  /** Resolves when every service can take work. */
  async start(): Promise<Connection> {
    mkdirSync(this.settings.logs, { recursive: true });
    this.lock = FolderLock.take(this.settings.folder);
    removeConnection(this.settings.folder);
    const databaseUrl = await this.startDatabase();
    const keys = await localKeys(this.settings.folder, this.openDatabase(databaseUrl));
    await this.output.step(
      () => this.startServices(databaseUrl),
      (names) => `${names.join(', ')} are ready`,
    );
    const [url = '', consoleUrl = ''] = await Promise.all([this.urlOf('coordinator'), this.urlOf('console')]);
    const connection = { url, ...keys, consoleUrl, databaseUrl };
    writeConnection(this.settings.folder, connection);
    return connection;
  }

  /** Drains the services, reports their ends, stops Postgres. A second call waits for the first. */
  stop(): Promise<void> {
    this.stopped ??= this.stopAll();
    return this.stopped;
  }

  /** Ends every child at once; Postgres goes with us. */
  kill(): void {
    for (const service of this.services) service.kill();
  }

  private async startDatabase(): Promise<string> {
    const { databaseUrl: given, redisUrl, queuePrefix: prefix } = this.settings;
    if (given) this.output.line(`  Postgres at ${placeOf(given)}, from DATABASE_URL`);
    if (redisUrl) this.output.line(`  Redis at ${placeOf(redisUrl)}, from REDIS_URL`);
    const databaseUrl = given ?? (await this.startPostgres());
    const backend = new QueueBackend({ redisUrl, databaseUrl, prefix });
    const bringUpToDate = async (): Promise<string[]> => {
      const names = await migrate(databaseUrl).catch((error: Error) => {
        throw this.settings.databaseUrl ? unusable(error) : error;
      });
      await backend.migrate();
      return names;
    };
    await this.output.step(bringUpToDate, (names) =>
      names.length > 0 ? `tables created (${names.length} migrations)` : 'tables are up to date',
    );
    this.bell = new EndBell(backend);
    return databaseUrl;
  }

  private async startPostgres(): Promise<string> {
    const postgres = await this.output.step(
      () => EmbeddedPostgres.start(this.settings, this.onPostgresDied),
      ({ port }) => `Postgres is ready on 127.0.0.1:${port}`,
    );
    this.postgres = postgres;
    if (postgres.note) this.output.line(`  ${postgres.note}`);
    return postgres.url;
  }

  private openDatabase(url: string): Database {
    this.database = new Database({ url, name: 'supervisor', poolMax: 2 });
    return this.database;
  }

  private async startServices(databaseUrl: string): Promise<string[]> {
    if (this.postgres && this.database) await reportLeftoverWorkers(this.database);
    // Compiled code is kept, so that a service that died is back a quarter sooner.
    const codeCache = join(this.settings.root, 'dist/.code-cache');
    const env = { EGRESS_ALLOW: LOOPBACK, NODE_COMPILE_CACHE: codeCache, ...this.env, DATABASE_URL: databaseUrl };
    this.services = SERVICES.map((name) => this.serviceOf(name, env));
    for (const service of this.services) service.start();
    await Promise.all(this.services.map((service) => this.inTime(service)));
    return SERVICES;
  }

  private serviceOf(name: string, env: NodeJS.ProcessEnv): ChildService {
    const main = join(this.settings.root, 'dist/apps', name, 'src/main.js');
    if (!existsSync(main)) throw new Error(`${main} is not there. Run: npm run build`);
    const logFile = this.logFileOf(name);
    return new ChildService({ name, main, logFile, spared: SPARED.includes(name) }, env, {
      say: (line) => this.output.line(`  ${line}`),
      reportEnd: (_name, workers) => this.reportEnds(workers),
    });
  }

  // Unreported ends only cost time: the lock that fell and the lease tell the same.
  private async reportEnds(workers: readonly string[]): Promise<void> {
    if (!this.database) return;
    try {
      await reportWorkerEnds(this.database, workers);
      // Whoever stops leaves nothing to be taken over by anybody here.
      if (!this.stopped) this.bell?.ring(workers);
    } catch (error) {
      this.output.line(`  The end of a worker could not be reported: ${(error as Error).message}`);
    }
  }

  private async inTime(service: ChildService): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const why = (): string =>
        `${service.name} was not ready in ${READY_MS_MAX / 1_000} s. The end of its log:\n${lastLines(this.logFileOf(service.name))}`;
      timer = setTimeout(() => reject(new Error(why())), READY_MS_MAX);
    });
    await Promise.race([service.ready, late]).finally(() => clearTimeout(timer));
  }

  private urlOf(name: string): Promise<string> | undefined {
    return this.services.find((service) => service.name === name)?.ready;
  }

  private logFileOf(name: string): string {
    return join(this.settings.logs, `${name}.log`);
  }

  private async stopAll(): Promise<void> {
    // Without the lock the folder is another supervisor's.
    if (this.lock) removeConnection(this.settings.folder);
    await Promise.all(this.services.map((service) => service.stop()));
    await this.bell?.close();
    await this.database?.close();
    await this.postgres?.stop();
    this.lock?.release();
  }
}

/** The part of an address that is no secret. */
const placeOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'an address that is none');

const unusable = (error: Error): Error =>
  new Error(
    `The Postgres of DATABASE_URL cannot be used: ${error.message}\nStart it, or unset DATABASE_URL: then Muster brings its own.`,
  );
