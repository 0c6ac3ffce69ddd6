import { CONTRACT_DEFAULTS, type ResolvedContract, resolveContract } from '@muster/domain';
import fc from 'fast-check';
import { type Classification, classify } from './classify';
import { RETRY_AFTER_MS_MAX } from './retry-after';
import type { AnswerHeaders, NoAnswerCode, ToolAnswer } from './tool-answer';

const contract: ResolvedContract = resolveContract(
  {
    name: 'tickets.create',
    version: '1',
    description: 'Opens a ticket.',
    transport: { type: 'http', method: 'POST', url: 'http://tickets.test/' },
    input: { type: 'object' },
    output: { type: 'object' },
    effect: 'keyed',
    definite: { rejected: [400, 404, 422], notDone: [429, 503] },
    retry: CONTRACT_DEFAULTS.retry,
  },
  'a'.repeat(64),
);
const now = new Date('2026-01-01T00:00:00Z');

const answered = (status: number, body: string | Buffer = '{}', headers: AnswerHeaders = {}): ToolAnswer => ({
  kind: 'answered',
  status,
  headers,
  body: Buffer.from(body),
});
const judge = (answer: ToolAnswer): Classification => classify(contract, answer, now);

describe('an answer that the contract makes definite', () => {
  it.each<[number, string, Classification['state'], string]>([
    [200, '{"id":1}', 'succeeded', 'ok'],
    [201, '[1,2]', 'succeeded', 'ok'],
    [202, '"text"', 'succeeded', 'ok'],
    [200, ' null ', 'succeeded', 'ok'],
    [204, '', 'succeeded', 'ok'],
    [205, '', 'succeeded', 'ok'],
    [400, 'plain text', 'failed', 'http_400'],
    [404, '', 'failed', 'http_404'],
    [422, '{}', 'failed', 'http_422'],
    [429, '', 'absent', 'http_429'],
    [503, '{}', 'absent', 'http_503'],
  ])('%i with body %j is %s, %s', (status, body, state, code) => {
    expect(judge(answered(status, body))).toMatchObject({ state, code, response: Buffer.from(body) });
  });

  it('gives the body as the output, and null where the status has none', () => {
    expect(judge(answered(200, '{"id":1}')).output).toEqual({ id: 1 });
    expect(judge(answered(204, '')).output).toBeNull();
  });
});

describe('an answer that proves nothing', () => {
  it.each<[number, string]>([
    [500, 'http_500'],
    [502, 'http_502'],
    [504, 'http_504'],
    [409, 'http_409'],
    [401, 'http_401'],
    [302, 'http_302'],
    [304, 'http_304'],
  ])('%i is unknown, and its bytes are kept', (status, code) => {
    expect(judge(answered(status, 'why'))).toMatchObject({ state: 'unknown', code, response: Buffer.from('why') });
  });

  it.each<[string, string | Buffer]>([
    ['an empty body', ''],
    ['truncated JSON', '{"id": 1, "na'],
    ['prose', 'done!'],
    ['broken UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['a number beyond range', '{"n":1e999}'],
    ['a nesting deeper than the limit', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('a 200 with %s is unknown, without an output', (_what, body) => {
    const classification = judge(answered(200, body));

    expect(classification).toMatchObject({ state: 'unknown', code: 'body_unreadable', response: Buffer.from(body) });
    expect(classification).not.toHaveProperty('output');
  });

  it.each<[NoAnswerCode, string]>([
    ['timeout', 'timeout'],
    ['aborted', 'aborted'],
    ['reset', 'connection_reset'],
    ['body-unreadable', 'body_unreadable'],
    ['too-large', 'body_too_large'],
    ['threw', 'function_threw'],
  ])('no answer (%s) is unknown, %s', (code, expected) => {
    expect(judge({ kind: 'no-answer', code, message: 'Gone.' })).toMatchObject({
      state: 'unknown',
      code: expected,
      response: null,
    });
  });
});

describe('a sending whose bytes never left', () => {
  it('is absent when another try may do better, failed when none can', () => {
    const refused = judge({ kind: 'not-sent', code: 'connection_refused', message: 'Refused.' });
    const denied = judge({ kind: 'rejected', code: 'egress_denied', message: 'Denied.' });

    expect(refused).toMatchObject({ state: 'absent', code: 'connection_refused', response: null });
    expect(denied).toMatchObject({ state: 'failed', code: 'egress_denied', response: null });
  });
});

describe('a tool that says itself that nothing was done', () => {
  it.each<[string, number | undefined, number | undefined]>([
    ['is tried again', undefined, undefined],
    ['is tried again when it asks for it', 1_500, 1_500],
    ['is not waited for longer than the cap', 1e12, RETRY_AFTER_MS_MAX],
    ['cannot ask for the past', -1, 0],
  ])('%s', (_what, asked, expected) => {
    const busy = judge({ kind: 'not-done', code: 'function_not_done', message: 'Busy.', retryAfterMs: asked });

    expect(busy).toMatchObject({ state: 'absent', code: 'function_not_done', response: null });
    expect(busy.retryAfterMs).toBe(expected);
  });
});

describe('a program or builtin', () => {
  it('succeeds with its JSON as the output, and is unknown where there is none', () => {
    expect(judge({ kind: 'output', body: Buffer.from('{"a":1}') })).toMatchObject({
      state: 'succeeded',
      output: { a: 1 },
    });
    expect(judge({ kind: 'output', body: Buffer.from('oops') })).toMatchObject({
      state: 'unknown',
      code: 'body_unreadable',
    });
  });

  it('is unknown when it ended otherwise than with 0: nobody knows what it did before', () => {
    const exited = judge({ kind: 'exited', exitCode: 3, exitSignal: null, message: 'No.' });
    const killed = judge({ kind: 'exited', exitCode: null, exitSignal: 'SIGKILL', message: 'Killed.' });

    expect(exited).toMatchObject({ state: 'unknown', code: 'exit_3' });
    expect(killed).toMatchObject({ state: 'unknown', code: 'killed_sigkill' });
  });

  it('is unknown when it said in words of its own that it failed, and the words are kept', () => {
    const body = Buffer.from('{"isError":true}');
    const errored = judge({ kind: 'errored', code: 'mcp_tool_error', message: 'No.', body });

    expect(errored).toEqual({ state: 'unknown', code: 'mcp_tool_error', message: 'No.', response: body });
  });
});

describe('Retry-After', () => {
  it.each<[string, AnswerHeaders, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7_000],
    [
      'a date against the tool’s own clock',
      { 'retry-after': 'Fri, 01 Jan 2027 00:00:09 GMT', date: 'Fri, 01 Jan 2027 00:00:00 GMT' },
      9_000,
    ],
    ['a date against ours where the tool sends none', { 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, 5_000],
    ['a date gone by', { 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
    ['more than the cap', { 'retry-after': '99999999999999999999' }, RETRY_AFTER_MS_MAX],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['a negative number', { 'retry-after': '-1' }, undefined],
    ['nothing', {}, undefined],
  ])('%s', (_what, headers, expected) => {
    expect(judge(answered(429, '', headers)).retryAfterMs).toBe(expected);
  });
});

describe('any answer whatever', () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
  const headers = fc.record({ 'retry-after': fc.string(), date: fc.string() }, { requiredKeys: [] });
  const answers: fc.Arbitrary<ToolAnswer> = fc.oneof(
    fc.record({
      kind: fc.constant('answered' as const),
      status: fc.integer({ min: 200, max: 599 }),
      headers,
      body: bytes,
    }),
    fc.record({
      kind: fc.constant('output' as const),
      body: fc.oneof(
        bytes,
        fc.json().map((text) => Buffer.from(text)),
      ),
    }),
  );

  it('is classified without an exception, and has an output exactly when it succeeded', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const classification = judge(answer);

        expect('output' in classification).toBe(classification.state === 'succeeded');
        expect(() => JSON.stringify(classification.output)).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  it('fails or is absent only on a listed status: nothing unlisted is ever taken for "nothing was done"', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const { state } = judge(answer);

        const listed = answer.kind === 'answered' && [400, 404, 422, 429, 503].includes(answer.status);
        expect(state === 'failed' || state === 'absent').toBe(listed);
      }),
    );
  });
});
