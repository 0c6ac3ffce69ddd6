import { addProfile, emptyFlame } from '../flames/flame';
import { PROFILE, WINDOW } from '../flames/flame.fixture';
import { bottleneckOf, flamePictures, scalePage, scaleTable } from './report';

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

describe('where the processes spend their time', () => {
  const flame = emptyFlame();
  addProfile(flame, PROFILE, WINDOW);
  const services = [{ service: 'executor', processes: 4, cores: 0.72, flame }];
  const point = { executors: 4, coordinators: 2, stepsPerSecond: 1_092, services, statements: [] };
  const origin = { command: 'npm run bench', machine: 'this one', commit: 'abc', at: '2026-11-22' };

  it('is a picture for each service, which the page shows', () => {
    const [[name, picture] = []] = flamePictures([point], origin);

    expect(picture).toContain('Where the time of 4 executors goes');
    expect(picture).toContain('0.72 cores in all');
    expect(scalePage([POINT], [point], origin)).toContain(`![Executor](${name})`);
  });
});
