import { compare } from './goals';
import type { Result } from './results';

const result = (peer: string, workload: string, metric: string, value: number | string): Result => ({
  peer,
  version: '1',
  workload,
  metric,
  value,
  unit: '',
});
const chains = (figures: Record<string, number>): Result[] =>
  Object.entries(figures).map(([peer, value]) => result(peer, 'W1', 'workflow_p50', value));
const rates = (figures: Record<string, number>): Result[] =>
  Object.entries(figures).map(([peer, value]) => result(peer, 'W2', 'steps_per_s_1w', value));

describe('a comparison with the peers', () => {
  it('holds a time against the shortest of a durable peer', () => {
    const [comparison] = compare(chains({ muster: 5, dbos: 20, restate: 15, 'bullmq-redis': 1 }));

    expect(comparison).toMatchObject({ best: 'restate', ratio: 3, reached: true });
  });

  it('holds a rate against the highest', () => {
    const [comparison] = compare(rates({ muster: 5_000, dbos: 1_000, restate: 2_500, 'bullmq-redis': 9_000 }));

    expect(comparison).toMatchObject({ best: 'restate', ratio: 2, reached: false });
  });

  it('says nothing about goals where nobody was measured beside it', () => {
    const [comparison] = compare(chains({ muster: 5 }));

    expect(comparison?.ratio).toBeUndefined();
    expect(comparison?.reached).toBeUndefined();
  });

  it('says nothing about a workload that failed', () => {
    expect(compare([result('muster', 'W1', 'failed', 'no end')])).toEqual([]);
  });

  it('bears no effect that happened twice, whatever the peers do', () => {
    const [comparison] = compare([
      result('muster', 'W5', 'steps_run_twice', 1),
      result('dbos', 'W5', 'steps_run_twice', 4),
    ]);

    expect(comparison?.reached).toBe(false);
  });
});
