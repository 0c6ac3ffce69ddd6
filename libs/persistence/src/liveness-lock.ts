import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Client } from 'pg';
import { connectionSettings, type DatabaseOptions } from './database';

/** A key nobody else uses, for a worker's row and its lock. */
export const newLockKey = (): bigint => randomBytes(8).readBigInt64BE();

const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 2_000;
const PROOF_MS_MAX = 3_000;
const GOODBYE_MS_MAX = 1_000;

// The server may not have noticed that our last session is gone; where its connection is half open, not for hours. Nobody
// else has our key.
const END_SESSION = `
select pg_terminate_backend(pid) from pg_locks
where locktype = 'advisory' and objsubid = 1 and database = (select oid from pg_database where datname = current_database())
  and ((classid::bigint << 32) | objid::bigint) = $1::bigint and pid <> pg_backend_pid()`;

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
    // As the login itself, which may end its own sessions; a service's role may not.
    const settings = { ...this.options, name: `${this.options.name} liveness`, role: undefined };
    const client = new Client(connectionSettings(settings));
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
    if (this.client) await hangUp(this.client);
  }

  private async lock(client: Client): Promise<void> {
    const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1::bigint) as got', [
      this.key.toString(),
    ]);
    if (!rows[0]?.got) {
      await client.query(END_SESSION, [this.key.toString()]);
      throw new Error('An earlier session held the lock.');
    }
    if (this.released || this.client !== client) return;
    this.acquired = true;
    this.failures = 0;
  }

  private lost(client: Client, error: Error): void {
    if (this.client !== client) return;
    this.client = undefined;
    const wasHeld = this.acquired;
    this.acquired = false;
    void hangUp(client);
    if (this.released) return;
    if (wasHeld) this.onLost(error);
    const ms = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(this.failures++, 6));
    // A failure of this try has scheduled the next one already.
    this.retry = setTimeout(() => void this.acquire().catch(() => undefined), ms);
  }
}

/** Ends a connection. One that is half open never hears the answer to its goodbye: its socket is closed without one. */
async function hangUp(client: Client): Promise<void> {
  // The types of pg leave the connection out.
  const { connection } = client as unknown as { connection: { stream: Socket } };
  const timer = setTimeout(() => connection.stream.destroy(), GOODBYE_MS_MAX);
  await client.end().catch(() => undefined);
  clearTimeout(timer);
}
