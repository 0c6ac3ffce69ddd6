import { parseAge, parseDuration, parseInput, parseLabels, parsePositive } from './arguments';

describe('input on the command line', () => {
  it('reads values as JSON where they are JSON, and as text elsewhere', () => {
    const input = parseInput(['n=3', 'on=true', 'name=World', 'list=[1,2]', 'equation=a=b', 'empty=']);

    expect(input).toEqual({ n: 3, on: true, name: 'World', list: [1, 2], equation: 'a=b', empty: '' });
  });

  it('takes whole objects, and the later one wins', () => {
    expect(parseInput(['{"a": 1, "b": 1}', 'b=2'])).toEqual({ a: 1, b: 2 });
  });

  it('is absent where none is given, so that the file speaks', () => {
    expect(parseInput([])).toBeUndefined();
  });

  it.each(['World', '=3', '{"a":', '__proto__=1'])('refuses %s and says what it wants', (text) => {
    expect(() => parseInput([text])).toThrow(/--input/);
  });
});

describe('labels', () => {
  it('are names and values', () => {
    expect(parseLabels(['team=a', 'env=b=c'])).toEqual({ team: 'a', env: 'b=c' });
  });
});

describe('a duration', () => {
  it.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1500ms', 1500],
    ['90d', 7_776_000_000],
    ['40', 40],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it('is refused where it has no known unit', () => {
    expect(() => parseDuration('soon')).toThrow(/30s/);
  });
});

describe('an age', () => {
  it('has a unit, since nobody means milliseconds', () => {
    expect(parseAge('36h')).toBe(129_600_000);
    expect(() => parseAge('30')).toThrow(/30d/);
  });
});

describe('a count', () => {
  it.each(['0', '-1', '1.5', 'x'])('is not %s', (text) => expect(() => parsePositive(text)).toThrow(/whole number/));
});
