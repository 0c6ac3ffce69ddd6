import { distributionOf } from '../../distribution';
import type { Growth } from './growth';
import { findingsOf } from './report';

const aGrowth = (given: Partial<Growth> = {}): Growth => ({
  plans: [
    { steps: 1_000, msPerStep: 1 },
    { steps: 10_000, msPerStep: 1.4 },
  ],
  history: { events: 30_000, slowestPageMs: 12, resumeMs: 5 },
  largePages: [{ says: 'a task', ms: distributionOf([4, 5, 6]) }],
  stepMs: { emptyTables: 2, fullTables: 2.5 },
  finishedTasks: 1_000_000,
  fullPages: [],
  ...given,
});
const broken = (growth: Growth) => findingsOf(growth).flatMap(({ what, holds }) => (holds ? [] : [what]));

describe('the findings about growth', () => {
  it('hold where a step takes about as long, and pages come at once', () => {
    expect(broken(aGrowth())).toEqual([]);
  });

  it('break where a step of a large plan takes much longer', () => {
    const plans = [
      { steps: 1_000, msPerStep: 1 },
      { steps: 100_000, msPerStep: 1.6 },
    ];

    expect(broken(aGrowth({ plans }))).toEqual(['step of a plan of 100,000 against one of 1,000']);
  });

  it('break where a page lets a person wait', () => {
    expect(broken(aGrowth({ fullPages: [{ says: 'a list', ms: distributionOf([60]) }] }))).toEqual([
      '1,000,000 tasks: a list',
    ]);
  });
});
