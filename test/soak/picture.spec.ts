import { drawPicture, niceCeiling } from './picture';

const SECONDS = [0, 60, 120];

describe('the picture of a soak', () => {
  const svg = drawPicture({
    title: 'A <soak>',
    subtitle: 'two minutes',
    seconds: SECONDS,
    panels: [{ title: 'Memory', unit: 'MB', curves: [{ name: 'executor', values: [50, 100, 80] }] }],
  });

  it('draws a point for each reading, highest where the value is', () => {
    const points =
      /points="([^"]+)"/
        .exec(svg)?.[1]
        ?.split(' ')
        .map((point) => point.split(',').map(Number)) ?? [];

    expect(points).toHaveLength(SECONDS.length);
    const heights = points.map(([, y]) => y ?? 0);
    expect(Math.min(...heights)).toBe(heights[1]);
    expect(points.map(([x]) => x)).toEqual(points.map(([x]) => x).toSorted((a, b) => (a ?? 0) - (b ?? 0)));
  });

  it('names its curves and keeps strange characters out of its markup', () => {
    expect(svg).toContain('>executor</text>');
    expect(svg).toContain('A &lt;soak>');
  });

  it.each([
    [0, 1],
    [3, 4],
    [100, 100],
    [130_000, 200_000],
    [0.07, 0.08],
  ])('ends its axis for %d at %d', (value, ceiling) => {
    expect(niceCeiling(value)).toBeCloseTo(ceiling);
  });
});
