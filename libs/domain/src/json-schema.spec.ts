import { compileSchema, schemaFault, schemaOf } from './json-schema';

describe('a JSON Schema', () => {
  const check = compileSchema({
    type: 'object',
    properties: { title: { type: 'string' }, due: { type: 'string', format: 'date-time' }, tags: { type: 'array' } },
    required: ['title'],
    additionalProperties: false,
  });

  it('accepts what it describes', () => {
    expect(check({ title: 'x', due: '2026-01-02T03:04:05Z' })).toBeNull();
  });

  it('says everything that is wrong, and where', () => {
    expect(check({ due: 'soon', tags: 1, more: true })).toEqual([
      "/title must have required property 'title'",
      "/more must NOT have additional properties: 'more'",
      '/due must match format "date-time"',
      '/tags must be array',
    ]);
  });

  it('is compiled once for equal schemas', () => {
    expect(schemaOf({ type: 'string', minLength: 1 })).toBe(schemaOf({ minLength: 1, type: 'string' }));
  });

  it('may carry an $id that another schema carries too, even that of JSON Schema itself', () => {
    const $id = 'https://json-schema.org/draft/2020-12/schema';

    expect(compileSchema({ $id, type: 'string' })('x')).toBeNull();
    expect(compileSchema({ $id, type: 'number' })('x')).toEqual(['/ must be number']);
    expect(schemaFault({ type: 'nonsense' })).toBeDefined();
  });

  it('is judged where it is taken in, and taken at its word where it is used', () => {
    const withBadTitle = { type: 'string', title: 5 };

    expect(compileSchema(withBadTitle)('x')).toBeNull();
    expect(schemaFault(withBadTitle)).toEqual(expect.any(String));
  });

  it('that refers to itself without end accepts nothing, and nothing breaks', () => {
    expect(compileSchema({ $ref: '#' })(1)).toEqual([expect.stringContaining('cannot be checked')]);
  });

  it.each([
    ['an unknown type', { type: 'nonsense' }],
    ['a remote $ref', { $ref: 'https://example.com/schema.json' }],
    ['another dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }],
    ['an asynchronous one', { $async: true, type: 'string' }],
    ['a bad pattern', { pattern: '(' }],
    ['no object', 'string'],
    ['too large', { description: 'x'.repeat(200_000) }],
  ])('is refused: %s', (_what, schema) => {
    expect(schemaFault(schema)).toEqual(expect.any(String));
  });
});
