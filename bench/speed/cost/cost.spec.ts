import { excessesOf, sayExcess } from './budget';
import { costOf } from './cost';
import type { Spending } from './counters';

const aSpending = (given: Partial<Spending> = {}): Spending => ({
  ms: 1_000,
  commits: 0,
  statements: 0,
  nested: 0,
  walBytes: 0,
  jobs: 0,
  cpu: new Map(),
  ...given,
});

describe('the cost of a step', () => {
  it('is what was spent beyond idleness of the same length, by step', () => {
    const spending = aSpending({ ms: 2_000, commits: 220, walBytes: 50_000 });
    const idle = aSpending({ ms: 4_000, commits: 40 });

    expect(costOf(spending, idle, 100)).toMatchObject({ commits: 2, walBytes: 500, jobs: 0 });
  });

  it('is the CPU of the services, Postgres and Redis, and of nobody who calls them', () => {
    const cpu = new Map(Object.entries({ executor: 1, coordinator: 0.5, postgres: 0.4, redis: 0.1, client: 9 }));

    expect(costOf(aSpending({ cpu }), aSpending(), 1_000).cpuMs).toBeCloseTo(2);
  });

  it('is never less than nothing', () => {
    expect(costOf(aSpending(), aSpending({ jobs: 3 }), 10).jobs).toBe(0);
  });
});

describe('the budget of a step', () => {
  const cost = costOf(aSpending({ commits: 300, jobs: 10 }), aSpending(), 100);

  it('is exceeded by what costs more', () => {
    const excesses = excessesOf(new Map([[10, cost]]), { '10': { commits: 2.5, jobs: 0.2 } });

    expect(excesses.map(sayExcess)).toEqual(['commits a step with 10 tasks at a time: 3, and 2.5 is the budget']);
  });

  it('says nothing about a load that has none', () => {
    expect(excessesOf(new Map([[100, cost]]), { '10': { commits: 0 } })).toEqual([]);
  });
});
