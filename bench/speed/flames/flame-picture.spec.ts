import { addProfile, emptyFlame } from './flame';
import { PROFILE, WINDOW } from './flame.fixture';
import { drawFlame } from './flame-picture';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function boxesIn(svg: string): Record<string, Box> {
  const found = svg.matchAll(/<rect x="([\d.]+)" y="(\d+)" width="([\d.]+)"[^>]*><title>([^:]+):/g);
  return Object.fromEntries(
    [...found].map(([, x, y, width, name]) => [name, { x: Number(x), y: Number(y), width: Number(width) }]),
  );
}

describe('the picture of a flame', () => {
  const flame = emptyFlame();
  addProfile(flame, PROFILE, WINDOW);
  const svg = drawFlame({ title: 'One <executor>', subtitle: 'at rest', flame });
  const { all, gc, pg, 'tools/run': run } = boxesIn(svg);

  it('has frames as wide as their time, on top of those that called them', () => {
    expect([run!.width / all!.width, pg!.width / run!.width].map((share) => share.toFixed(1))).toEqual(['0.5', '0.7']);
    expect(pg!.x).toBe(run!.x);
    expect(all!.y).toBeGreaterThan(run!.y);
    expect(run!.y).toBeGreaterThan(pg!.y);
    expect(gc!.y).toBe(run!.y);
  });

  it('says of each how long it took, and whose the time was', () => {
    expect(svg).toContain('<title>pg: 38 %, 3 ms</title>');
    expect(svg).toContain('gc 50 %  ·  pg 38 %  ·  tools 13 %');
  });

  it('keeps strange characters out of its markup', () => {
    expect(svg).toContain('One &lt;executor>');
  });

  it('leaves blank what could not be read', () => {
    const tall = emptyFlame();
    addProfile(tall, { ...PROFILE, timeDeltas: [1, 1, 1, 1, 4_000, 6_000, 1] }, WINDOW);

    expect(Object.keys(boxesIn(drawFlame({ title: '', subtitle: '', flame: tall })))).toEqual(['all', 'gc']);
  });
});
