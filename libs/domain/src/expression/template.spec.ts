import fc from 'fast-check';
import type { JsonValue } from '../json';
import { checkTemplate, containsExpression, render } from './template';
import { mixesText, segmentsOf } from './template-segments';

const input = {
  n: 7,
  f: 1.5,
  yes: true,
  nothing: null,
  list: [1, 'two', { three: 3 }],
  object: { a: { b: [] } },
  s: 'ü "q" \\ {{x}}',
};

describe('a template', () => {
  it('keeps the type of an expression that is the whole string', () => {
    const template = Object.fromEntries(Object.keys(input).map((key) => [key, `\${{ input.${key} }}`]));

    expect(render(template, { input })).toEqual({ ok: true, value: input });
  });

  it('turns an expression inside text into text: strings as they are, anything else as JSON', () => {
    const template =
      'n=${{ input.n }}, f=${{ input.f }}, yes=${{input.yes}}, s=${{ input.s }}, l=${{ input.list }}, z=${{ input.nothing }}';

    expect(render(template, { input })).toEqual({
      ok: true,
      value: `n=7, f=1.5, yes=true, s=${input.s}, l=[1,"two",{"three":3}], z=null`,
    });
  });

  it('reaches into lists and objects, and steps whose id has a dash', () => {
    const steps = { 'plan-b': { output: { plan: 'b' } } };

    expect(render({ deep: ['${{ input.f }}', { b: '${{ steps["plan-b"].output.plan }}' }] }, { input, steps })).toEqual(
      {
        ok: true,
        value: { deep: [1.5, { b: 'b' }] },
      },
    );
  });

  it('does not look for expressions in what an expression gives, nor in keys', () => {
    const scope = { input: { text: '${{ input.secret }}' } };

    expect(render({ '${{ input.x }}': '${{ input.text }}' }, scope)).toEqual({
      ok: true,
      value: { '${{ input.x }}': '${{ input.secret }}' },
    });
  });

  it.each<JsonValue>(['{{x}}', '$ {{ x }}', '}}', '$', '{{ input.n }}', '\\', ''])('leaves %j as it is', (text) => {
    expect(render(text, { input })).toEqual({ ok: true, value: text });
  });

  it('without an expression is what it gives', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const literal = value as JsonValue;
        fc.pre(!containsExpression(literal));

        const rendered = render(literal, {});

        expect(JSON.stringify(rendered)).toBe(JSON.stringify({ ok: true, value: literal }));
        expect(checkTemplate(literal, [], '')).toMatchObject({ problems: [], steps: [] });
      }),
    );
  });

  it('gives back any text that an expression names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (before, text) => {
        fc.pre(!before.includes('$'));
        const value = `${before}${text}`;

        expect(render(`${before}\${{ input.text }}`, { input: { text } })).toEqual({ ok: true, value });
      }),
    );
  });

  it('says where it fails', () => {
    expect(render({ a: [{ 'b/c': '${{ input.zzz }}' }] }, { input })).toEqual({
      ok: false,
      pointer: '/a/0/b~1c',
      message: 'No such key: zzz.',
    });
    expect(render({ a: '${{ input.n' }, { input })).toMatchObject({ ok: false, pointer: '/a' });
  });
});

describe('checking a template', () => {
  it('names every problem where it stands, and every step once', () => {
    const template = {
      a: '${{ 1 + }}',
      b: ['${{ steps.x.output }} ${{ steps.y.output }}', '${{ steps.x.output }}'],
      c: '${{',
    };

    const checked = checkTemplate(template, ['steps'], '/plan/steps/0/input');

    expect(checked.problems.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/plan/steps/0/input/a', 'bad_expression'],
      ['/plan/steps/0/input/c', 'bad_expression'],
    ]);
    expect(checked.steps).toEqual(['x', 'y']);
    expect(checked.reads.get('y')).toBe('/plan/steps/0/input/b/0');
  });
});

describe('cutting a string at its expressions', () => {
  it.each([
    ['${{ {"a": {"b": 1}}}}', ['{"a": {"b": 1}}']],
    ['${{ "}}" }}${{ \'}}\' }}', ['"}}"', "'}}'"]],
    ['${{ "\\"}}" }}', ['"\\"}}"']],
    ['${{ r"\\" }} x', ['r"\\"', ' x']],
    ['${{ """a"}}""" }}', ['"""a"}}"""']],
    ['a ${{ b }} c', ['a ', 'b', ' c']],
  ])('%s', (text, parts) => {
    expect(segmentsOf(text).map((segment) => segment.text)).toEqual(parts);
  });

  it('tells text with an expression from an expression', () => {
    expect(['${{ a }}', 'a ${{ b }}', '${{ a }}${{ b }}', 'a'].map(mixesText)).toEqual([false, true, true, false]);
  });
});
