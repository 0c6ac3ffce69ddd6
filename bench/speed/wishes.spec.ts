import { wishesFrom } from './wishes';

describe('what a caller may ask the benchmark for', () => {
  it('is everything, and nobody else, unless said otherwise', () => {
    expect(wishesFrom([])).toEqual({
      part: 'comparison',
      workloads: ['W1', 'W2', 'W3', 'W4', 'W5', 'COST'],
      peers: [],
      repeat: 3,
      quick: false,
    });
  });

  it('may be a part of it, beside some peers, quickly', () => {
    const args = ['--workloads', 'W1,W2', '--peers', 'restate,dbos', '--quick'];

    expect(wishesFrom(args)).toMatchObject({
      workloads: ['W1', 'W2'],
      peers: ['restate', 'dbos'],
      repeat: 1,
      quick: true,
    });
  });

  it.each(['floors', 'growth', 'latency', 'scale'])('may be its part --%s', (part) => {
    expect(wishesFrom([`--${part}`])).toMatchObject({ part });
  });

  it.each([
    [['--peers', 'temporal']],
    [['--workloads', 'W9']],
    [['--repeat', '0']],
    [['--fast']],
    [['--growth', '--scale']],
  ])('is not %j', (args) => {
    expect(wishesFrom(args)).toBeUndefined();
  });
});
