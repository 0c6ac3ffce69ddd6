import fc from 'fast-check';
import { FunctionNames, functionNameOf } from './function-names';

const word = fc.stringMatching(/^[a-z0-9]{1,12}$/);
const toolName = fc
  .tuple(word, fc.array(fc.tuple(fc.constantFrom('.', '_', '-'), word), { maxLength: 8 }))
  .map(([first, rest]) => first + rest.map(([mark, next]) => mark + next).join(''));

describe('a name on the wire', () => {
  it('is one that every provider takes, and leads back to the tool', () => {
    fc.assert(
      fc.property(fc.uniqueArray(toolName, { minLength: 1, maxLength: 20 }), (names) => {
        const theirs = names.map(functionNameOf);

        expect(theirs.every((name) => /^[a-zA-Z0-9_-]{1,64}$/.test(name))).toBe(true);
        expect(new Set(theirs).size).toBe(names.length);
        expect(theirs.map((name) => new FunctionNames(names).read(name))).toEqual(names);
      }),
    );
  });

  it('is taken by providers whatever a model made up', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (name) => {
        expect(functionNameOf(name)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      }),
    );
  });
});
