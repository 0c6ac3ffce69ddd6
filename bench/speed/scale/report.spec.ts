import { bottleneckOf, scaleTable } from './report';

const POINT = {
  executors: 2,
  coordinators: 1,
  stepsPerSecond: 2_500,
  busiest: new Map([
    ['client', 0.95],
    ['coordinator', 0.8],
    ['executor', 0.4],
  ]),
};

describe('the bottleneck of a fleet', () => {
  it('is the part whose busiest process has the least left, and never who calls', () => {
    expect(bottleneckOf(POINT)).toBe('coordinator');
  });

  it('stands beside the rate', () => {
    expect(scaleTable([POINT]).rows.at(-1)).toEqual(['2', '1', '2,500', '95', '80', '40', 'coordinator']);
  });
});
