import fc from 'fast-check';
import { checkPattern, matchesPattern } from './pattern';

const matches = (text: string, pattern: string) => matchesPattern(text, pattern, () => {});

describe('a pattern', () => {
  it.each([
    ['me@example.com', '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$', true],
    ['me@example', '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$', false],
    ['2026-01-02', '^\\d{4}-\\d{2}-\\d{2}$', true],
    ['ABC', '(?i)^abc$', true],
    ['a cat sat', '\\bcat\\b', true],
    ['concatenate', '\\bcat\\b', false],
    ['a]b-c', '^[]a-c-]+$', true],
    ['😀', '^.$', true],
    ['x{1', 'x\\{1', true],
    ['', '', true],
    ['aaa', '^(a|b){2,3}$', true],
    ['a.b', '^a\\.b$', true],
  ])('on %j: %s → %s', (text, pattern, expected) => {
    expect(matches(text, pattern)).toBe(expected);
  });

  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\w', '\\d', '^', '$', '\\b', '1');
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map((parts) => parts.join('')),
      fc.tuple(tie('pattern'), tie('pattern')).map((parts) => `(?:${parts.join('|')})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'))
        .map(([p, n]) => `(${p})${n}`),
    ),
  }));

  it('matches what the engine of the platform matches', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '\n'), maxLength: 6 });

    fc.assert(
      fc.property(
        pattern,
        text,
        (source, subject) => matches(subject, source) === new RegExp(source, 'u').test(subject),
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    '(',
    ')',
    '[a',
    'a**',
    '*',
    '(?=a)',
    '(?<n>a)',
    '\\1',
    '\\p{L}',
    'a{2,1}',
    '[b-a]',
    '\\',
    '[[:alpha:]]',
    'a{1000}{1000}',
  ])('is refused where it is none: %s', (source) => {
    expect(() => checkPattern(source)).toThrow();
  });

  it.each([`${'('.repeat(1_000)}`, '(((a{1000}){1000}){1000})', '((((){1000}){1000}){1000}){1000}'])(
    'stays small: %.40s',
    (source) => {
      const before = performance.now();

      try {
        checkPattern(source);
      } catch {
        // Refused is as good as small.
      }

      expect(performance.now() - before).toBeLessThan(10_000);
    },
  );
});
