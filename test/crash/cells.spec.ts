import { FAULT_POINTS } from '@muster/chassis';
import { allCells, EFFECTS, nameOf, SIGNALS, sampleOf } from './cells';

describe('the crash cells', () => {
  it('are made of every fault point, each with both signals and every class that can come to it', () => {
    const cells = allCells();

    const points = cells.map(({ point, signal }) => `${point} ${signal}`);
    expect(new Set(points).size).toBe(FAULT_POINTS.length * SIGNALS.length);
    expect(new Set(cells.map(nameOf)).size).toBe(cells.length);
    expect(new Set(cells.map(({ effect }) => effect))).toEqual(new Set(EFFECTS));
  });
});

describe('a sample of them', () => {
  const sample = sampleOf(allCells(), 120, 7);

  it('leaves out no point, no signal and no class', () => {
    expect(sample.length).toBeGreaterThanOrEqual(120);
    expect(new Set(sample.map(({ point, signal }) => `${point} ${signal}`)).size).toBe(
      FAULT_POINTS.length * SIGNALS.length,
    );
    expect(new Set(sample.map(({ effect }) => effect))).toEqual(new Set(EFFECTS));
  });

  it('is the same for one seed and another one for another', () => {
    expect(sampleOf(allCells(), 120, 7)).toEqual(sample);
    expect(sampleOf(allCells(), 120, 8)).not.toEqual(sample);
  });
});
