import { distributionOf } from './distribution';

describe('the distribution of samples', () => {
  it('gives figures that were measured, by their nearest rank', () => {
    const samples = Array.from({ length: 200 }, (_, index) => 200 - index);

    expect(distributionOf(samples)).toEqual({ n: 200, p50: 100, p90: 180, p99: 198, max: 200 });
  });

  it('hides no outlier behind too few samples', () => {
    expect(distributionOf([1, 2, 900]).p99).toBe(900);
  });

  it('is none of nothing', () => {
    expect(() => distributionOf([])).toThrow('nothing');
  });
});
