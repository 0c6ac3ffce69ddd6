import { isJsonObject, type JsonValue } from '@muster/domain';
import fc from 'fast-check';
import { answerOf, type Said } from './answer';
import { FunctionNames } from './function-names';
import { aRequest } from './testing/requests';

const request = aRequest({ output: { type: 'object' } });
const anything: fc.Arbitrary<Said> = fc.record({
  text: fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.json().map((text) => `\`\`\`json\n${text}\n\`\`\``),
  ),
  calls: fc.array(
    fc.record({
      id: fc.constantFrom('', 'a', 'call_1', '\ud800'),
      name: fc.string({ unit: 'binary' }),
      arguments: fc.oneof(
        fc.string(),
        fc.jsonValue(),
        fc.constantFrom(undefined, { a: Infinity }, '{"a": 1e999}', { a: -0 }),
      ),
    }),
    { maxLength: 5 },
  ),
  finishReason: fc.constantFrom('stop', 'length', 'error', 'unheard-of'),
  inputTokens: fc.oneof(fc.integer(), fc.double(), fc.constant(undefined)),
  outputTokens: fc.oneof(fc.integer(), fc.double(), fc.constant(undefined)),
  provider: fc.string(),
});

const read = (said: Partial<Said>) =>
  answerOf(
    { text: '', calls: [], finishReason: 'stop', provider: 'stub', ...said },
    { request, names: new FunctionNames([]) },
  );

describe('whatever a model says', () => {
  it('has a form that survives being recorded', () => {
    fc.assert(
      fc.property(anything, (said) => {
        const answer = read(said);

        expect(isSame(JSON.parse(JSON.stringify(answer)), answer)).toBe(true);
        expect(JSON.stringify(answer).isWellFormed()).toBe(true);
        expect(answer.toolCalls).toHaveLength(said.calls.length);
        expect(new Set(answer.toolCalls.map(({ id }) => id)).size).toBe(said.calls.length);
        for (const { arguments: given, problem } of answer.toolCalls) {
          expect(isJsonObject(given)).toBe(problem === undefined);
        }
        for (const tokens of [answer.usage.inputTokens, answer.usage.outputTokens]) {
          expect(Number.isSafeInteger(tokens) && tokens >= 0).toBe(true);
        }
      }),
    );
  });

  it('is an output exactly where there is no problem and no call', () => {
    fc.assert(
      fc.property(fc.jsonValue().filter(hasNoForbiddenKey), fc.constantFrom('', '  \n'), (value, blank) => {
        const text = JSON.stringify(value);

        expect(read({ text: blank + text + blank }).output).toEqual(JSON.parse(text));
        expect(read({ text: `So:\n\`\`\`json\n${text}\n\`\`\`\n` }).output).toEqual(JSON.parse(text));
        expect(read({ text, calls: [{ id: 'a', name: 'b', arguments: {} }] })).not.toHaveProperty('problem');
      }),
    );
  });

  it('is refused where it holds a number that nobody could write down again', () => {
    const answer = read({ text: '{"amount": 1e999}' });
    const { toolCalls } = read({ calls: [{ id: 'a', name: 'bank.pay', arguments: { amount: Infinity } }] });

    expect(answer).toMatchObject({ output: null, problem: expect.stringMatching(/beyond the range/) });
    expect(toolCalls).toMatchObject([{ arguments: null, problem: expect.stringMatching(/beyond the range/) }]);
  });

  it('is counted where the server does not count, in favour of the budget', () => {
    const { usage } = read({ text: 'x'.repeat(300) });

    expect(usage.outputTokens).toBeGreaterThanOrEqual(100);
    expect(usage.inputTokens).toBeGreaterThan(20);
  });
});

/** 0 and -0 are the same number to whoever reads it. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = Object.keys(b);
  const [left, right] = [a, b] as Record<string, unknown>[];
  return keys.length === Object.keys(a).length && keys.every((key) => isSame(left![key], right![key]));
};

const hasNoForbiddenKey = (value: unknown): boolean =>
  !/__proto__|prototype|```/.test(JSON.stringify(value as JsonValue)) && JSON.stringify(value).isWellFormed();
