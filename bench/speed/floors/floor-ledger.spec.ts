import { plainArray, textArray } from './floor-ledger';

describe('an array for Postgres', () => {
  it('has no quotes where none are needed', () => {
    expect(plainArray(['a', 1, null])).toBe('{a,1,null}');
  });

  it('keeps what its elements say', () => {
    expect(textArray(['{"a":"b\\\\c"}', '{x,y}'])).toBe('{"{\\"a\\":\\"b\\\\\\\\c\\"}","{x,y}"}');
  });
});
