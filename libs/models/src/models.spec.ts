import { createServer } from 'node:net';
import type { ModelSettings } from '@muster/chassis';
import { ModelServer, STUB_USAGE } from '../../../test/support/model-server';
import { until } from '../../../test/support/until';
import { MODEL_LIMITS } from './limits';
import type { ModelRequest, ModelTool } from './model';
import type { ModelTime } from './model-result';
import { Models } from './models';
import { answered, aRequest, endless } from './testing/requests';

const KEY = 'sk-test-0123456789';
const search: ModelTool = {
  name: 'tickets.search',
  description: 'Finds tickets.',
  input: { type: 'object', properties: { q: { type: 'string' } } },
};
const output = { type: 'object', properties: { urgent: { type: 'boolean' } }, required: ['urgent'] };

let server: ModelServer;
let models: Models;

const open = (over: object = {}, env: NodeJS.ProcessEnv = { STUB_KEY: KEY }) => {
  const fast = { provider: 'openai-compatible', model: 'stub-1', baseUrl: server.url, apiKeyEnv: 'STUB_KEY', ...over };
  models = new Models({ fast } as unknown as ModelSettings, env);
};
const call = (over: Partial<ModelRequest> = {}, time: ModelTime = endless()) => models.call(aRequest(over), time);

beforeEach(async () => {
  server = await ModelServer.start();
  open();
});
afterEach(async () => {
  await models.close();
  await server.stop();
});

describe('a model behind an OpenAI-compatible server', () => {
  it('is asked once, with its key as bearer and what the request holds', async () => {
    await call({ tools: [search] });

    expect(server.requests).toHaveLength(1);
    const [{ path, headers, body }] = server.requests as [(typeof server.requests)[0]];
    expect([path, headers.authorization]).toEqual(['/v1/chat/completions', `Bearer ${KEY}`]);
    expect(body).toMatchObject({
      model: 'stub-1',
      max_tokens: 500,
      messages: [
        { role: 'system', content: 'You sort tickets.' },
        { role: 'user', content: '{"title":"It burns"}' },
      ],
      tools: [{ type: 'function', function: { name: 'tickets__search', parameters: search.input } }],
    });
    expect(JSON.stringify(body)).not.toContain('origin');
    await call();
    expect(server.requests[1]!.body).not.toHaveProperty('tools');
  });

  it('answers text, with its usage and what it costs', async () => {
    open({ prices: { inputPerMillion: 0.25, outputPerMillion: 2 } });
    server.next({ kind: 'text', text: 'It is urgent.' });

    expect(answered(await call())).toEqual({
      text: 'It is urgent.',
      toolCalls: [],
      output: null,
      finishReason: 'stop',
      usage: { inputTokens: STUB_USAGE.prompt_tokens, outputTokens: STUB_USAGE.completion_tokens, costUsd: 0.00065 },
      provider: 'stub-1-as-served',
    });
  });

  it('asks for tools by our names, and is told their results under its own', async () => {
    server.next({ kind: 'calls', calls: [{ name: 'tickets__search', arguments: { q: 'fire' } }] });
    const { toolCalls } = answered(await call({ tools: [search] }));

    await call({
      tools: [search],
      messages: [
        ...aRequest().messages,
        { role: 'assistant', text: null, toolCalls, origin: 'step a/1' },
        { role: 'tool', callId: 'call_1', name: search.name, content: [{ id: 7 }], isError: false, origin: 'step a/2' },
      ],
    });

    expect(toolCalls).toEqual([{ id: 'call_1', name: 'tickets.search', arguments: { q: 'fire' } }]);
    expect(server.requests[1]!.body.messages.slice(2)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'tickets__search', arguments: '{"q":"fire"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '[{"id":7}]' },
    ]);
  });

  it('is told the schema of the answer in words, and in the protocol where it can do that', async () => {
    await call({ output });
    open({ structuredOutputs: true, options: { temperature: 0 } });
    await call({ output });

    const [plain, structured] = server.requests.map(({ body }) => body);
    expect(plain!.messages[0]!.content).toMatch(/^You sort tickets\.\n\n.*JSON Schema:\n\{"properties":.*\}$/s);
    expect(plain!.response_format).toBeUndefined();
    expect(structured).toMatchObject({
      temperature: 0,
      response_format: { type: 'json_schema', json_schema: { schema: output, strict: false } },
    });
  });

  it('is shown an answer of its own that was empty, and tools whose input says nothing as functions of an object', async () => {
    const empty = { role: 'assistant', text: null, toolCalls: [], origin: 'step a/1' } as const;

    await call({ messages: [...aRequest().messages, empty], tools: [{ ...search, input: {} }] });

    expect(server.requests[0]!.body.messages.at(-1)).toMatchObject({ role: 'assistant', content: '(nothing)' });
    expect(server.requests[0]!.body.tools![0]!.function.parameters).toEqual({ type: 'object' });
  });

  it('hands over several system messages at the start as one, since many templates take no more', async () => {
    const rule = { role: 'system', text: 'Be brief.', origin: 'instructions' } as const;

    await call({ messages: [rule, ...aRequest().messages] });

    expect(server.requests[0]!.body.messages.map(({ role, content }) => [role, content])).toEqual([
      ['system', 'Be brief.\n\nYou sort tickets.'],
      ['user', '{"title":"It burns"}'],
    ]);
  });
});

describe('an answer with bad content', () => {
  it.each([
    ['JSON', { kind: 'json', value: { urgent: true } }],
    ['JSON in a fence between prose', { kind: 'fenced', value: { urgent: true } }],
    ['JSON after prose', { kind: 'text', text: 'Sure! {"urgent": true} is my answer.' }],
  ] as const)('is an output all the same where it holds %s', async (_what, turn) => {
    server.next(turn);

    expect(answered(await call({ output }))).toMatchObject({ output: { urgent: true } });
  });

  it.each([
    ['prose', { kind: 'text', text: 'It is rather urgent.' }, /prose/],
    ['truncated JSON', { kind: 'truncated', value: { urgent: true } }, /not complete.*cut off at maxOutputTokens/s],
    ['nothing', { kind: 'silence' }, /empty/],
    ['keys that reach a prototype', { kind: 'text', text: '{"__proto__": {}}' }, /'__proto__' is not allowed/],
    ['JSON that is nested without end', { kind: 'text', text: '['.repeat(500_000) }, /nested deeper/],
  ] as const)('is an answer that states the problem: %s', async (_what, turn, problem) => {
    server.next(turn);

    const answer = answered(await call({ output }));

    expect(answer).toMatchObject({ output: null, problem: expect.stringMatching(problem) });
  });

  it('keeps calls of tools that nobody gave it, and calls whose arguments are none', async () => {
    server.next({
      kind: 'calls',
      calls: [
        { name: 'bank.pay', arguments: { amount: 1e6 } },
        { name: 'tickets__search', arguments: '{"q": "fi' },
        { name: 'tickets__search', arguments: '["fire"]' },
        { name: 'tickets__search', arguments: '{"__proto__": {"admin": true}}' },
        { name: 'tickets__search', arguments: '' },
      ],
    });

    expect(answered(await call({ tools: [search], output }))).toMatchObject({
      finishReason: 'tool-calls',
      output: null,
      toolCalls: [
        { name: 'bank.pay', arguments: { amount: 1e6 } },
        { name: search.name, arguments: null, problem: expect.stringMatching(/cannot be read/) },
        { name: search.name, arguments: null, problem: expect.stringMatching(/no JSON object, but a list/) },
        { name: search.name, arguments: null, problem: expect.stringMatching(/cannot be read|not allowed/) },
        { name: search.name, arguments: {} },
      ],
    });
  });

  it('gives every call an id of its own, also where the server gives the same one twice', async () => {
    const calls = ['x', 'x', ''].map((id) => ({ id, name: 'tickets__search', arguments: {} }));
    server.next({ kind: 'calls', calls });

    const ids = answered(await call({ tools: [search] })).toolCalls.map(({ id }) => id);

    expect(new Set(ids).size).toBe(3);
    expect(ids[0]).toBe('x');
  });
});

describe('a call that comes to no answer', () => {
  it.each([
    ['429', { kind: 'status', status: 429, retryAfter: '7' }, { status: 429, headers: { 'retry-after': '7' } }],
    ['400', { kind: 'status', status: 400 }, { status: 400 }],
    ['500', { kind: 'status', status: 500 }, { status: 500 }],
    ['a redirect', { kind: 'status', status: 307 }, { status: 307 }],
  ] as const)('hands on the status: %s', async (_what, turn, expected) => {
    server.next(turn);

    expect(await call()).toMatchObject({ kind: 'status', ...expected });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['the connection is cut in the middle', { kind: 'cut' }, 'reset'],
    ['the connection is cut before the head', { kind: 'reset' }, 'reset'],
    ['the server sends a page', { kind: 'html' }, 'body-unreadable'],
    ['the server speaks another protocol', { kind: 'garbage' }, 'body-unreadable'],
    ['the server sends 5 MB', { kind: 'huge', bytes: MODEL_LIMITS.ANSWER_BYTES_MAX }, 'too-large'],
  ] as const)('may have been worked on: %s', async (_what, turn, code) => {
    server.next(turn);

    expect(await call()).toMatchObject({ kind: 'no-answer', code });
    expect(server.requests).toHaveLength(1);
  });

  it('was never sent where nobody listens', async () => {
    open({ baseUrl: await anAddressWithoutServer() });

    expect(await call()).toMatchObject({ kind: 'not-sent', code: 'connection_refused' });
  });

  it.each([
    [true, 'timeout'],
    [false, 'aborted'],
  ])('ends as soon as its signal says so (time up: %s), and lets go of the connection', async (expired, code) => {
    server.next({ kind: 'hang' });
    const controller = new AbortController();
    const result = call({}, { signal: controller.signal, expired });
    const request = await server.request();

    controller.abort();

    expect(await result).toMatchObject({ kind: 'no-answer', code });
    await until(() => request.letGoAt);
  });

  it('is not sent when it was stopped before', async () => {
    expect(await call({}, { signal: AbortSignal.abort(), expired: false })).toMatchObject({
      kind: 'not-sent',
      code: 'aborted_before_send',
    });
    expect(server.requests).toEqual([]);
  });

  it('is refused where the configuration has no such model, or no key for it', async () => {
    const unknown = await call({ model: 'wise' });
    open({}, {});
    const keyless = await call();

    expect(unknown).toMatchObject({
      kind: 'rejected',
      code: 'model_unknown',
      message: expect.stringContaining('fast'),
    });
    expect(keyless).toMatchObject({
      kind: 'rejected',
      code: 'model_key_missing',
      message: expect.stringContaining('STUB_KEY'),
    });
    expect(server.requests).toEqual([]);
  });

  it('is refused where no provider could take the request', async () => {
    expect(await call({ messages: [] })).toMatchObject({ kind: 'rejected', code: 'request_invalid' });
    expect(server.requests).toEqual([]);
  });
});

describe('the key', () => {
  it('may come from a file that ends with a newline', async () => {
    open({}, { STUB_KEY: `${KEY}\n` });

    await call();

    expect(server.requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  it('is in nothing that comes back, even where the server repeats it', async () => {
    server.next(
      { kind: 'status', status: 401, body: { error: { message: `Incorrect API key provided: ${KEY}` } } },
      { kind: 'text', text: `Your key is ${KEY}.` },
    );

    const refused = await call();
    const said = await call();

    expect(refused).toMatchObject({ kind: 'status', status: 401 });
    expect(String((refused as { body: Buffer }).body)).toContain('provided: [key]');
    expect(answered(said).text).toBe('Your key is [key].');
  });
});

async function anAddressWithoutServer(): Promise<string> {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  await new Promise((resolve) => taken.close(resolve));
  return `http://127.0.0.1:${port}/v1`;
}
