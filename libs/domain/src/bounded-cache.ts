/** Keeps what was made last, at most `limit` of it; the oldest goes first. */
export class BoundedCache<K, V> {
  private readonly entries = new Map<K, V>();

  constructor(private readonly limit: number) {}

  /** The value kept for the key, else the one that `make` makes now. Nothing is kept when `make` throws. */
  get(key: K, make: () => V): V {
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const made = make();
    if (this.entries.size >= this.limit) this.entries.delete(this.entries.keys().next().value as K);
    this.entries.set(key, made);
    return made;
  }
}
