import type { Reading } from './gauges';
import { findingsOf, growthOf } from './verdict';

const MB = 2 ** 20;
const CALM: Reading = {
  atSeconds: 0,
  memory: { executor: 120 * MB },
  redisBytes: 2 * MB,
  redisKeys: 20,
  jobsUnderWay: 3,
  jobsKept: 0,
  idleInTransaction: 0,
  idleInTransactionSeconds: 0,
  databaseBytes: 0,
  tasksEnded: 0,
  tasksOpen: 5,
  liveRows: 1_000,
  deadRows: 100,
  workers: 4,
};

/** A reading every five seconds for ten minutes; `change` says what differs at each. */
const aRun = (change: (share: number) => Partial<Reading> = () => ({})): Reading[] =>
  Array.from({ length: 120 }, (_, index) => {
    const grown = { atSeconds: index * 5, tasksEnded: index * 100, databaseBytes: index * 100 * 8_192 };
    return { ...CALM, ...grown, ...change(index / 119) };
  });

const broken = (readings: Reading[]) => findingsOf(readings).flatMap(({ what, holds }) => (holds ? [] : [what]));

describe('the verdict on a soak', () => {
  it('passes a run in which only the tables grow, by as much for every task', () => {
    expect(broken(aRun())).toEqual([]);
  });

  it('passes memory that grows while it warms up', () => {
    expect(broken(aRun((share) => ({ memory: { executor: (share < 0.3 ? 60 + share * 200 : 120) * MB } })))).toEqual(
      [],
    );
  });

  it.each<[string, (share: number) => Partial<Reading>]>([
    ['memory of executor', (share) => ({ memory: { executor: (100 + share * 60) * MB } })],
    ['memory of Redis', (share) => ({ redisBytes: (2 + share * 20) * MB })],
    ['services that ended', (share) => ({ workers: share > 0.9 ? 5 : 4 })],
    ['connections idle in transaction', (share) => ({ idleInTransactionSeconds: share === 0 ? 4 : 0 })],
    ['jobs kept after their end', (share) => ({ jobsKept: share * 4_000 })],
    ['tasks under way', (share) => ({ tasksOpen: share * 900 })],
    ['room per finished task', (share) => ({ databaseBytes: share ** 2 * 120 * 100 * 8_192 })],
    ['dead rows', () => ({ deadRows: 900 })],
  ])('fails for %s', (what, change) => {
    expect(broken(aRun(change))).toEqual([what]);
  });

  it('is none on a run that was too short to show anything', () => {
    expect(() => findingsOf(aRun().slice(0, 3))).toThrow('too few');
  });
});

describe('growth', () => {
  it('is that of the line through the readings, whatever the noise', () => {
    const noisy = aRun((share) => ({ redisBytes: share * 1_000 + (Math.round(share * 119) % 2) * 50 }));

    expect(growthOf(noisy, ({ redisBytes }) => redisBytes)).toBeCloseTo(1_000, -2);
  });
});
