import { compare } from '../goals';
import type { Result } from '../results';
import type { Floor } from './measure';
import { distanceTable, floorLines, floorTable, floorWords, verdictOf } from './report';

const aFloor = (schema: Floor['schema'], workload: string, metric: string, figure: number, stepsOfRun = 10): Floor => ({
  ...{ schema, workload, metric, figure, stepsOfRun },
  ...{ commits: 11, postgresUs: 100, nodeUs: 50, walBytes: 600 },
  setting: { connections: 1, inFlight: 1, batchMax: 1 },
});
const result = (peer: string, workload: string, metric: string, value: number): Result => ({
  ...{ peer, version: '', workload, metric, value, unit: '' },
});
const CHAINS = [result('muster', 'W1', 'workflow_p50', 50), result('restate', 'W1', 'workflow_p50', 20)];
const RATES = [result('muster', 'W2', 'steps_per_s_1w', 2_000), result('dbos', 'W2', 'steps_per_s_1w', 1_000)];
const chain = (bare: number, schema: number) =>
  floorLines(compare(CHAINS), [
    aFloor('bare', 'W1', 'workflow_p50', bare),
    aFloor('muster', 'W1', 'workflow_p50', schema),
  ]);

describe('the floors under a goal', () => {
  it.each([
    [5, 8, 'yes, on these tables too'],
    [5, 15, 'yes, but not on these tables'],
    [12, 15, 'no'],
  ])('of %d and %d ms where 10 are wanted: %s', (bare, schema, verdict) => {
    const [line] = chain(bare, schema);

    expect(line?.goal).toBe(10);
    expect(verdictOf(line!)).toBe(verdict);
  });

  it('are a multiple of the best peer’s where a rate is wanted', () => {
    const floors = [aFloor('bare', 'W2', 'steps_per_s_1w', 9_000), aFloor('muster', 'W2', 'steps_per_s_1w', 2_500)];
    const lines = floorLines(compare(RATES), floors);

    expect(floorTable(lines).rows.at(-1)).toEqual([
      ...['W2', '2,000 chains of 5, one worker', 'steps/s', '2,000', '3,000'],
      ...['2,500 (0.83×)', '9,000 (3.00×)', 'yes, but not on these tables'],
    ]);
  });

  it('divide what a step takes into the promises, the tables and the rest', () => {
    expect(distanceTable(chain(5, 15)).rows.at(-1)?.slice(2)).toEqual([
      ...['5,000', '500 (10 %)', '1,000 (20 %)', '3,500 (70 %)', '1,000'],
    ]);
  });

  it('are told in sentences, each where there is something to tell', () => {
    expect(floorWords(chain(12, 15))).toEqual([
      '- No ledger on Postgres reaches these goals on this machine: W1 (chain of 10, one at a time, p50).',
    ]);
  });

  it('are none where a floor or a goal is missing', () => {
    expect(floorLines(compare(CHAINS), [aFloor('bare', 'W1', 'workflow_p50', 5)])).toEqual([]);
  });
});
