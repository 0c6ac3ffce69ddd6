import { alignedText, markdown, shortFigure } from './table';

const TABLE = {
  rows: [
    ['who', 'ms'],
    ['muster', '5.1'],
    ['dbos', '18.9'],
  ],
  textColumns: [0],
};

describe('a table', () => {
  it('stands in line on a terminal, words to the left and figures to the right', () => {
    expect(alignedText(TABLE)).toBe('who       ms\nmuster   5.1\ndbos    18.9');
  });

  it('says the same on a page', () => {
    expect(markdown(TABLE)).toBe('| who | ms |\n| --- | --: |\n| muster | 5.1 |\n| dbos | 18.9 |');
  });

  it.each([
    [12_345.6, '12,346'],
    [123.4, '123'],
    [12.34, '12.3'],
    [0.123, '0.12'],
    [3, '3'],
  ])('writes %d as %s', (value, text) => {
    expect(shortFigure(value)).toBe(text);
  });
});
