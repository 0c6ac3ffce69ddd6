import { Bulkhead } from './bulkhead';
import { enterAll, tryEnterAll } from './bulkheads';

describe('a place in several bulkheads', () => {
  const wide = new Bulkhead('wide', 2);
  const narrow = new Bulkhead('narrow', 1);

  it('is given where each has one, and given back in each', async () => {
    const release = await enterAll([wide, narrow]);
    expect([wide.occupied, narrow.occupied]).toEqual([1, 1]);

    release();
    release();

    expect([wide.occupied, narrow.occupied]).toEqual([0, 0]);
  });

  it('holds nothing where one of them is full', () => {
    const release = tryEnterAll([wide, narrow]);

    expect(tryEnterAll([wide, narrow])).toBeUndefined();
    expect([wide.occupied, narrow.occupied]).toEqual([1, 1]);

    release?.();
    expect([wide.occupied, narrow.occupied]).toEqual([0, 0]);
  });

  it('is waited for until the full one has room', async () => {
    const first = await enterAll([wide, narrow]);
    const second = enterAll([wide, narrow]);

    first();
    (await second)();

    expect([wide.occupied, narrow.occupied]).toEqual([0, 0]);
  });
});
