import { chartOf } from './chart';
import { compare } from './goals';
import type { Result } from './results';

const rate = (peer: string, value: number): Result => ({
  peer,
  version: '1',
  workload: 'W2',
  metric: 'steps_per_s_1w',
  value,
  unit: 'steps/s',
});

describe('the chart of a comparison', () => {
  const svg = chartOf(compare([rate('dbos', 1_000), rate('muster', 4_000), rate('bullmq-redis', 2_000)]), 'now <here>');
  const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) => Number(width));

  it('has a bar for everybody, the best first, as long as the figure is large', () => {
    expect([...svg.matchAll(/text-anchor="end">([^<]+)</g)].map(([, name]) => name)).toEqual([
      'muster',
      'bullmq-redis',
      'dbos',
    ]);
    expect(widths.map((width) => Math.round((width / widths[0]!) * 100))).toEqual([100, 50, 25]);
  });

  it('says how much better the best one is, and keeps strange characters out of its markup', () => {
    expect(svg).toContain('4.00× the best');
    expect(svg).toContain('now &lt;here>');
  });
});
