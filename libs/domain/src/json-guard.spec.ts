import fc from 'fast-check';
import { guardJson } from './json-guard';
import { LIMITS } from './limits';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('JSON from outside', () => {
  it('comes through as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        const guarded = guardJson(text);
        if (!guarded.ok) return guarded.code === 'forbidden_key';
        return JSON.stringify(guarded.value) === text;
      }),
    );
  });

  it('may name __proto__ in a value', () => {
    expect(guardJson('{"x":"__proto__","prototype":1,"constructor":2}')).toMatchObject({ ok: true });
  });

  it('may be as deep as the limit, and brackets in strings do not count', () => {
    expect(guardJson(nested(LIMITS.JSON_DEPTH_MAX))).toMatchObject({ ok: true });
    expect(guardJson(JSON.stringify(`\\"${'['.repeat(1_000)}`))).toMatchObject({ ok: true });
  });

  it.each([
    ['{"plan":', 'malformed', ''],
    ['', 'malformed', ''],
    ['{"a":1,}', 'malformed', ''],
    ['{"a":["\\ud800"]}', 'malformed', '/a/0'],
    ['{"\\ud800":1}', 'malformed', ''],
    [nested(LIMITS.JSON_DEPTH_MAX + 1), 'too_deep', ''],
    [nested(1_000_000), 'too_deep', ''],
    ['{"plan":{},"input":{"x":1,"__proto__":{"y":1}}}', 'forbidden_key', '/input/__proto__'],
    ['{"a/b":[{"\\u005f_proto__":1}]}', 'forbidden_key', '/a~1b/0/__proto__'],
    ['{"constructor":{"prototype":{}}}', 'forbidden_key', '/constructor/prototype'],
  ])('is refused: %.60s', (text, code, pointer) => {
    expect(guardJson(text)).toMatchObject({ ok: false, code, pointer });
  });
});
