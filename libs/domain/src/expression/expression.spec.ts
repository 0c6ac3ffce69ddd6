import { LIMITS } from '../limits';
import { checkExpression, evaluate } from './expression';
import type { Scope } from './scope';

const scope: Scope = {
  input: {
    n: 7,
    f: 1.5,
    price: 10,
    yes: true,
    nothing: null,
    list: [1, 'two', { three: 3 }],
    object: { a: { b: [] } },
    go: false,
    text: 'ü "q" \\ {{x}}',
    constructor: 'a field like any other',
    huge: 1e300,
  },
  steps: {
    find: { output: { id: 'x', tags: ['a', 'b'] } },
    'plan-b': { output: { plan: 'b' } },
    soft: { output: null },
  },
};

const resultOf = (text: string, within: Scope = scope) => {
  const evaluated = evaluate(text, within);
  if (!evaluated.ok) throw new Error(evaluated.message);
  return evaluated.value;
};
const messageOf = (text: string, within: Scope = scope) => {
  const evaluated = evaluate(text, within);
  if (evaluated.ok) throw new Error(`has the value ${JSON.stringify(evaluated.value)}`);
  return evaluated.message;
};

describe('an expression with a value', () => {
  it.each([
    ['input.n', 7],
    ['input.nothing', null],
    ['input.list', [1, 'two', { three: 3 }]],
    ['input.object', { a: { b: [] } }],
    ['input.text', 'ü "q" \\ {{x}}'],
    ['input.huge', 1e300],
    ['input.constructor', 'a field like any other'],
    ['input.constructor + "!"', 'a field like any other!'],
    ['size(input.list)', 3],
    ['input.n + 1', 8],
    ['input.n > 3', true],
    ['input.f * 2', 3],
    ['input.price * 1.2', 12],
    ['input.n / 2', 3],
    ['input.n / 2.0', 3.5],
    ['input.f == 1.5 && input.n == 7', true],
    ['input.list[1]', 'two'],
    ['input.list.map(x, x)', [1, 'two', { three: 3 }]],
    ['input.list.exists(x, x == "two")', true],
    ['steps["plan-b"].output.plan', 'b'],
    ['steps.find.output.tags.map(t, t + steps["plan-b"].output.plan)', ['ab', 'bb']],
    ['steps.soft.output == null', true],
    ['has(input.n) && !has(input.zzz)', true],
    ['has(steps["plan-b"].output.plan)', true],
    ['has(input.nothing)', true],
    ['has(input.list[2]) && !has(input.list[3])', true],
    ['{"a": {"b": [1, "x", null]}, "constructor": 1}', { a: { b: [1, 'x', null] }, constructor: 1 }],
    ['input.list.filter(input, input == 1)', [1]],
    ['type(input.n) == int', true],
    ['timestamp("2026-01-02T03:04:05Z")', '2026-01-02T03:04:05.000Z'],
    ['input.text.matches("^ü .q")', true],
    ['"a1".matches("^[a-z]+$")', false],
    ['string(input.n) + "%"', '7%'],
    ['input.yes ? "on" : "off"', 'on'],
  ])('%s', (text, value) => {
    expect(resultOf(text)).toEqual(value);
  });

  it('means the same in ${{ }} and without', () => {
    expect(resultOf('${{ input.go }}')).toBe(false);
    expect(resultOf(' input.go ')).toBe(false);
    expect(resultOf('${{ {"a": {"b": "}}"}} }}')).toEqual({ a: { b: '}}' } });
  });
});

describe('an expression without a value', () => {
  it.each([
    ['input.zzz', 'No such key: zzz.'],
    ['input.n.zzz', 'No such key: zzz.'],
    ['input.list[5]', 'No such key: 5.'],
    ['input.toString', 'No such key: toString.'],
    ['steps.find.output.nope == 1', 'No such key: nope.'],
    ['has(input.zzz.deeper)', 'No such key: zzz.'],
    ['output.x', "'output' is not known here."],
    ['9007199254740993 + 0', 'The result 9007199254740993 is too large for a JSON number; make it a string.'],
    ['1.0 / 0.0', 'The result is Infinity, which JSON does not have.'],
    ['{1: 2}', 'A key of the result is 1; keys have to be strings.'],
    ['"😀".substring(0, 1)', 'The result is text cut in the middle of a character.'],
    ['input.n + "x"', 'no such overload: dyn<int> + string'],
    ['input.n / 0', 'division by zero'],
  ])('%s', (text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  it.each(['b"x"', 'duration("1h")', 'int', 'type(1)'])('%s is no JSON', (text) => {
    expect(messageOf(text)).toMatch(/no JSON value/);
  });
});

describe('checking an expression', () => {
  const variables = ['input', 'steps'];

  it('names the steps it reads, however they are written', () => {
    const checked = checkExpression(
      'steps.a.output.x + size(steps["b-c"].outputs) > 0 && has(steps.d.output.y)',
      variables,
    );

    expect(checked).toMatchObject({ ok: true, steps: ['a', 'b-c', 'd'] });
  });

  it('lets a macro name its item as it likes', () => {
    expect(checkExpression('input.list.all(steps, steps > 0)', variables)).toMatchObject({ ok: true, steps: [] });
  });

  it.each([
    ['1 +', /Unexpected token: EOF/],
    ['', /Unexpected token: EOF/],
    ['owner.name', /Unknown variable 'owner'; known here: input, steps\./],
    ['input.list.map(x, y)', /Unknown variable 'y'/],
    ['google.protobuf', /Unknown variable 'google'/],
    ['steps[input.x].output', /Name the step literally/],
    ['size(steps)', /Name the step literally/],
    ['steps.find.ouput.x', /there is no 'ouput'/],
    ['cel.bind(x, 1, x)', /There is no function 'bind'/],
    ['now()', /There is no function 'now'/],
    ['1 + "a"', /no such overload: int \+ string/],
    ['input.x.matches("(a")', /a group that is not closed/],
    ['input.x.matches("(?=a)")', /'\(\?='/],
    ['x${{ input.x }}', /Unexpected character/],
    ['${{ input.x }} and more', /mixes it with text/],
    ['${{ input.x', /has no '}}'/],
  ])('refuses %j', (text, message) => {
    expect(checkExpression(text, variables)).toEqual({ ok: false, message: expect.stringMatching(message) });
  });

  it.each([
    ['length', `"${'x'.repeat(LIMITS.EXPRESSION_LENGTH_MAX)}"`],
    ['nodes', Array.from({ length: LIMITS.EXPRESSION_NODES_MAX }, () => '1').join('+')],
    ['depth', `${'('.repeat(LIMITS.EXPRESSION_DEPTH_MAX + 1)}1${')'.repeat(LIMITS.EXPRESSION_DEPTH_MAX + 1)}`],
  ])('bounds its %s', (_what, text) => {
    expect(checkExpression(text, variables)).toMatchObject({ ok: false });
  });
});

describe('an expression that would work for a very long time', () => {
  const numbers = Array.from({ length: 10_000 }, (_, i) => i);
  const a = 'a'.repeat(100_000);
  const big: Scope = { input: { numbers, a, ab: `${a}b`, wide: numbers.map(() => a) } };
  const all = (depth: number): string => (depth === 0 ? 'false' : `input.numbers.exists(x${depth}, ${all(depth - 1)})`);

  it.each([
    ['nested quantifiers', all(4)],
    ['nested quantifiers whose error is caught', `${all(4)} || true`],
    ['nested maps', 'input.numbers.map(x, input.numbers.map(y, x * y))'],
    ['a result that names one list many times', 'input.numbers.map(x, input.numbers)'],
    ['comparing lists in a loop', 'input.numbers.filter(x, input.numbers == input.numbers.map(y, y))'],
    ['membership in a loop', 'input.numbers.all(x, x in input.numbers)'],
    ['joining far too much', 'size(input.wide.join(","))'],
    ['searching text for text', 'input.ab.contains(input.ab.substring(50000))'],
    [
      'a pattern that makes others backtrack',
      'input.a.matches("(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*(a*)*c")',
    ],
    ['a calendar in a loop', 'input.numbers.map(x, timestamp(x).getHours("Europe/Berlin"))'],
  ])('%s ends soon, with the reason', (_what, text) => {
    const before = performance.now();

    expect(messageOf(text, big)).toMatch(/too much work/);
    expect(performance.now() - before).toBeLessThan(20_000);
  });

  it('leaves room for what people write', () => {
    expect(resultOf('size(input.numbers.filter(x, x % 2 == 0 && x > 10))', big)).toBe(4_994);
    expect(resultOf('input.numbers.map(x, {"n": x, "twice": x * 2})[9999].twice', big)).toBe(19_998);
  });
});
