import type { ApiKeyRecord } from '@muster/persistence';
import { DOOR_LIMITS } from '../door.limits';

type Known = { readonly key: Promise<ApiKeyRecord | undefined>; readonly until: number };

/** Remembers keys for a short time, so that a request does not cost a query, and a burst of them costs one. */
export class ApiKeyCache {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly read: (hash: Buffer<ArrayBuffer>) => Promise<ApiKeyRecord | undefined>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async get(hash: Buffer): Promise<ApiKeyRecord | undefined> {
    const name = hash.toString('base64');
    const known = this.known.get(name);
    if (known && known.until > this.now()) return known.key;
    const key = this.read(Buffer.from(hash));
    this.keep(name, key);
    return key;
  }

  private keep(name: string, key: Known['key']): void {
    // Put at the end, so that the first one is always the oldest.
    this.known.delete(name);
    const oldest = this.known.keys().next().value;
    if (this.known.size >= DOOR_LIMITS.API_KEYS_KEPT_MAX && oldest !== undefined) this.known.delete(oldest);
    const entry = { key, until: this.now() + DOOR_LIMITS.API_KEY_CACHE_MS };
    this.known.set(name, entry);
    // A database that is away must be asked again, not remembered as away.
    key.catch(() => this.known.get(name) === entry && this.known.delete(name));
  }
}
