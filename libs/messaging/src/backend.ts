import { createPostgresBackend, type Processor, Queue, type QueueOptions, Worker, type WorkerOptions } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';

export interface QueueBackendOptions {
  /** Redis or Valkey; without it the queues live in Postgres, in the schema `bullmq`. */
  readonly redisUrl?: string;
  readonly databaseUrl: string;
  /** Names our keys in a Redis that others use too. */
  readonly prefix?: string;
  /** The schema of the Postgres backend. */
  readonly schema?: string;
}

export const BULLMQ_SCHEMA = 'bullmq';
const EVENTS_LENGTH = 100;
const CONNECT_MS_MAX = 2_000;
// A worker's commands block for up to five seconds; a connection that is silent for longer is half open, and a new one
// takes its place.
const BLOCKED_MS_MAX = 8_000;
const POSTGRES_POOL_MAX = 2;
const RECONNECT_MS_MAX = 1_000;

const reconnect = (tries: number): number => Math.min(RECONNECT_MS_MAX, 50 * tries);

/** Where the queues live: one choice per deployment, made by whether there is a REDIS_URL. */
export class QueueBackend {
  readonly kind: 'redis' | 'postgres';
  private shared: Redis | undefined;
  private becomingReady: Promise<void> | undefined;
  private readonly whenBack: (() => void)[] = [];

  constructor(private readonly options: QueueBackendOptions) {
    this.kind = options.redisUrl ? 'redis' : 'postgres';
  }

  /** A queue to add to and to look at. Its commands fail at once while the backend is away; nobody waits for it. */
  producer(name: string): Queue {
    const options: Omit<QueueOptions, 'connection'> = {
      skipWaitingForReady: true,
      streams: { events: { maxLen: EVENTS_LENGTH } },
    };
    const queue =
      this.kind === 'redis'
        ? new Queue(name, { ...options, prefix: this.options.prefix, connection: this.producerConnection() })
        : new Queue(name, { ...options, connection: this.postgres() }, createPostgresBackend);
    // Errors reach whoever made the call; without a listener they would also end the process.
    queue.on('error', () => undefined);
    return queue as Queue;
  }

  worker(name: string, processor: Processor, options: Omit<WorkerOptions, 'connection' | 'prefix'>): Worker {
    return this.kind === 'redis'
      ? new Worker(name, processor, {
          ...options,
          prefix: this.options.prefix,
          connection: { ...this.redis(), maxRetriesPerRequest: null, socketTimeout: BLOCKED_MS_MAX },
        } as WorkerOptions)
      : (new Worker(
          name,
          processor,
          { ...options, connection: this.postgres() },
          createPostgresBackend,
        ) as unknown as Worker);
  }

  /**
   * Resolves when commands of a producer can leave: they fail at once while its connection is being made, and the first
   * ring of a process must not be lost to that. Whoever waits sets the bound.
   */
  async ready(): Promise<void> {
    if (this.kind === 'postgres') return;
    const connection = this.producerConnection();
    if (connection.status === 'ready') return;
    // One for all who wait, or they would pile up while it is away.
    this.becomingReady ??= new Promise<void>((resolve) => connection.once('ready', resolve)).finally(() => {
      this.becomingReady = undefined;
    });
    await this.becomingReady;
  }

  /**
   * Called whenever Redis answers again after it was away. It may have come back empty, and what was rung meanwhile is
   * lost: whoever knows who waits should ring again now. Never called for Postgres, whose return shows elsewhere.
   */
  onBack(listener: () => void): void {
    this.whenBack.push(listener);
  }

  /** Creates what the backend needs once per deployment; called with the migrations. */
  async migrate(): Promise<void> {
    if (this.kind === 'redis') return;
    const queue = new Queue(
      'muster-migrate',
      { connection: { ...this.postgres(), migrate: true } },
      createPostgresBackend,
    );
    queue.on('error', () => undefined);
    try {
      await queue.waitUntilReady();
    } finally {
      await queue.close();
    }
  }

  /** Redis's eviction policy: any but `noeviction` may drop a doorbell or a lock. Undefined on Postgres. */
  async evictionPolicy(): Promise<string | undefined> {
    if (this.kind === 'postgres') return undefined;
    const answer = await this.producerConnection().config('GET', 'maxmemory-policy');
    return (answer as string[])[1];
  }

  close(): void {
    this.shared?.disconnect();
    this.shared = undefined;
    this.becomingReady = undefined;
  }

  // Producers share one connection; a worker blocks on its own.
  private producerConnection(): Redis {
    if (!this.shared) {
      this.shared = new Redis({
        ...this.redis(),
        enableOfflineQueue: false,
        maxRetriesPerRequest: 1,
        commandTimeout: CONNECT_MS_MAX,
        socketTimeout: CONNECT_MS_MAX,
      });
      this.shared.on('error', () => undefined);
      this.shared.once('ready', () => this.shared?.on('ready', () => this.tellBack()));
    }
    return this.shared;
  }

  private tellBack(): void {
    for (const listener of this.whenBack) listener();
  }

  private redis(): RedisOptions {
    return { ...redisOptions(this.options.redisUrl ?? ''), connectTimeout: CONNECT_MS_MAX, retryStrategy: reconnect };
  }

  // The login role, not a service's: the schema belongs to BullMQ, and every service rings and listens. A doorbell that
  // a crash of Postgres takes with it costs a delay, so that nobody waits for the disk.
  private postgres() {
    const { databaseUrl, schema = BULLMQ_SCHEMA } = this.options;
    return {
      connectionString: databaseUrl,
      schema,
      max: POSTGRES_POOL_MAX,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      keepAlive: true,
      application_name: 'muster queues',
      options: '-c synchronous_commit=off',
    };
  }
}

/** `rediss://user:password@host:6380/2` as ioredis takes it apart. */
function redisOptions(url: string): RedisOptions {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 6379),
    username: decodeURIComponent(username) || undefined,
    password: decodeURIComponent(password) || undefined,
    db: Number(pathname.slice(1) || 0),
    tls: protocol === 'rediss:' ? {} : undefined,
  };
}
