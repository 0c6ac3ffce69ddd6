import type { ExecutorDoorbell } from '@muster/contracts';
import { DEFAULT_LANE, QUEUES } from '@muster/contracts';
import { LIMITS, newUuid, PLANNER } from '@muster/domain';
import type { Doorbells, Doorbell as Job, RingSource } from '@muster/messaging';
import type { Ring } from '../lifecycle/decision';
import { Doorbell } from './doorbell';

/** What a doorbell puts into queues. */
function aDoorbell() {
  const rung: { queue: string; jobs: Job[] }[] = [];
  const ring = (queue: string, source: RingSource): void => {
    rung.push({ queue, jobs: source.take() });
    source.taken();
  };
  return { doorbell: new Doorbell({ ring } as unknown as Doorbells), rung };
}

const runs = (count: number, { lane = DEFAULT_LANE, length = 1 } = {}): Ring[] =>
  Array.from({ length: count }, () => ({
    to: 'executor',
    lane,
    priority: 5,
    ring: 0,
    run: Array.from({ length }, () => ({ id: newUuid(), epoch: 0 })),
  }));

const sizesOf = (jobs: readonly Job[] = []): number[] =>
  jobs.map(({ data }) => (data as ExecutorDoorbell).steps.filter(({ after }) => !after).length);

describe('what is rung at once', () => {
  it('is one job where nobody knows of a second executor', () => {
    const { doorbell, rung } = aDoorbell();
    doorbell.ring(runs(10));
    expect(sizesOf(rung[0]?.jobs)).toEqual([10]);
  });

  it('is shared among the executors of its lane, and no job is empty', () => {
    const { doorbell, rung } = aDoorbell();
    doorbell.recount([
      { lane: DEFAULT_LANE, executors: 4 },
      { lane: 'slow', executors: 2 },
    ]);
    for (const ring of [runs(10), runs(2), runs(10, { lane: 'slow' }), runs(3, { lane: 'other' })]) doorbell.ring(ring);
    expect(rung.map(({ jobs }) => sizesOf(jobs))).toEqual([[3, 3, 3, 1], [1, 1], [5, 5], [3]]);
  });

  it('names no more steps in a job than a doorbell may, and tears no run apart', () => {
    const { doorbell, rung } = aDoorbell();
    doorbell.ring(runs(20, { length: 5 }));
    expect(sizesOf(rung[0]?.jobs)).toEqual([12, 8]);
    expect(12 * 5).toBeLessThanOrEqual(LIMITS.DOORBELL_ITEMS_MAX);
  });

  it('is a job for each plan that is to be made', () => {
    const { doorbell, rung } = aDoorbell();
    doorbell.ring(runs(3, { lane: PLANNER }));
    expect(rung.map(({ queue }) => queue)).toEqual([QUEUES.planner]);
    expect(sizesOf(rung[0]?.jobs)).toEqual([1, 1, 1]);
  });
});
