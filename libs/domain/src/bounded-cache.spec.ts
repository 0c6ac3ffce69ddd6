import { BoundedCache } from './bounded-cache';

describe('a bounded cache', () => {
  it('makes a value once while it is asked for', () => {
    const cache = new BoundedCache<string, { n: number }>(4);
    const first = cache.get('a', () => ({ n: 1 }));

    for (let i = 0; i < 100; i++) {
      cache.get(`other ${i}`, () => ({ n: i }));
      expect(cache.get('a', () => ({ n: 2 }))).toBe(first);
    }
  });

  it('forgets what nobody asked for among the last ones', () => {
    const cache = new BoundedCache<number, { n: number }>(4);
    cache.get(0, () => ({ n: 0 }));

    for (let i = 1; i <= 4; i++) cache.get(i, () => ({ n: i }));

    expect(cache.get(0, () => ({ n: -1 }))).toEqual({ n: -1 });
  });

  it('keeps nothing that failed to be made', () => {
    const cache = new BoundedCache<string, { n: number }>(4);
    const fail = () => {
      throw new Error('not made');
    };

    expect(() => cache.get('a', fail)).toThrow('not made');
    expect(cache.get('a', () => ({ n: 1 }))).toEqual({ n: 1 });
  });
});
