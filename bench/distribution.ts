export interface Distribution {
  readonly n: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** By the nearest rank: every figure is one that was measured. With 50 samples the 99th percentile is the largest. */
export function distributionOf(samples: readonly number[]): Distribution {
  if (samples.length === 0) throw new Error('There is no distribution of nothing.');
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = (percent: number): number => sorted[Math.ceil((percent / 100) * sorted.length) - 1]!;
  return { n: sorted.length, p50: rank(50), p90: rank(90), p99: rank(99), max: rank(100) };
}
