import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { connectionSettings, type DatabaseOptions } from './database';

/** A key nobody else uses, for a worker's row and its lock. */
export const newLockKey = (): bigint => randomBytes(8).readBigInt64BE();

const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 2_000;
const PROOF_MS_MAX = 3_000;

/**
 * A session's advisory lock on a connection of its own: it falls within milliseconds of the process's death, which no
 * lease can. When the connection drops the lock is asked for again until `release`.
 */
export class LivenessLock {
  private client: Client | undefined;
  private released = false;
  private acquired = false;
  private retry: NodeJS.Timeout | undefined;
  private failures = 0;

  constructor(
    private readonly options: DatabaseOptions,
    readonly key: bigint,
    private readonly onLost: (error: Error) => void = () => undefined,
  ) {}

  get held(): boolean {
    return this.acquired;
  }

  /** Resolves when the first try has succeeded; rejects when it failed, and goes on trying all the same. */
  async acquire(): Promise<void> {
    const client = new Client(connectionSettings({ ...this.options, name: `${this.options.name} liveness` }));
    this.client = client;
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('The connection ended.')));
    try {
      await client.connect();
      await this.lock(client);
    } catch (error) {
      this.lost(client, error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  /** Asks the server over the lock's own connection; one that gives no answer is dropped, so that `held` is never a guess. */
  async prove(): Promise<void> {
    const client = this.client;
    if (!client || !this.acquired) return;
    try {
      // The types of pg leave out the timeout that a single query may have.
      await client.query({ text: 'select 1', query_timeout: PROOF_MS_MAX } as { text: string });
    } catch (error) {
      this.lost(client, error instanceof Error ? error : new Error(String(error)));
    }
  }

  async release(): Promise<void> {
    this.released = true;
    this.acquired = false;
    clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
  }

  private async lock(client: Client): Promise<void> {
    const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1::bigint) as got', [
      this.key.toString(),
    ]);
    // The server may not have noticed yet that our last session is gone.
    if (!rows[0]?.got) throw new Error('Another session holds the lock.');
    if (this.released || this.client !== client) return;
    this.acquired = true;
    this.failures = 0;
  }

  private lost(client: Client, error: Error): void {
    if (this.client !== client) return;
    this.client = undefined;
    const wasHeld = this.acquired;
    this.acquired = false;
    void client.end().catch(() => undefined);
    if (this.released) return;
    if (wasHeld) this.onLost(error);
    const ms = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(this.failures++, 6));
    // A failure of this try has scheduled the next one already.
    this.retry = setTimeout(() => void this.acquire().catch(() => undefined), ms);
  }
}
