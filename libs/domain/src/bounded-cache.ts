/**
 * Keeps what was made or asked for last: at least half of `limit` of it, at most `limit`. Two generations, because
 * taking the oldest out of one large map, again and again, is slow.
 */
export class BoundedCache<K, V extends object> {
  private young = new Map<K, V>();
  private old = new Map<K, V>();
  private readonly generationMax: number;

  constructor(limit: number) {
    this.generationMax = Math.max(1, Math.floor(limit / 2));
  }

  /** The value kept for the key, else the one that `make` makes now. Nothing is kept when `make` throws. */
  get(key: K, make: () => V): V {
    return this.young.get(key) ?? this.keep(key, this.old.get(key) ?? make());
  }

  private keep(key: K, value: V): V {
    if (this.young.size >= this.generationMax) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
    return value;
  }
}
