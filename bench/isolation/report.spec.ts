import { outcomeOf, type Round } from './report';

const round = (hangs: boolean, ...spans: number[]): Round => ({ hangs, spans });

describe('the change of the 99th percentile', () => {
  it('is that of all rounds of a kind together', () => {
    const rounds = [round(false, 100, 90), round(true, 120, 95), round(false, 80), round(true, 130)];

    const { change, reached, without, beside } = outcomeOf(rounds);

    expect([without.n, beside.n]).toEqual([3, 3]);
    expect(change).toBeCloseTo(0.3);
    expect(reached).toBe(false);
  });

  it('is good up to a tenth, and where it is faster', () => {
    expect(outcomeOf([round(false, 100), round(true, 110)]).reached).toBe(true);
    expect(outcomeOf([round(false, 100), round(true, 90)]).reached).toBe(true);
  });
});
