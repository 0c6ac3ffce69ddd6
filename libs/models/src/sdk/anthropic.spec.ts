import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelSettings } from '@muster/chassis';
import { Models } from '../models';
import { answered, aRequest, endless } from '../testing/requests';

const KEY = 'sk-ant-0123456789';

/** As much of the Messages API as one answer needs. */
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-as-served',
  content: [
    { type: 'text', text: 'I look.' },
    { type: 'tool_use', id: 'toolu_1', name: 'tickets__search', input: { q: 'fire' } },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 900, output_tokens: 40 },
};

interface Seen {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let models: Models;
let status = 200;
const seen: Seen[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '3' });
      response.end(JSON.stringify(status === 200 ? MESSAGE : { type: 'error', error: { type: 'x', message: 'no' } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const settings: ModelSettings = { fast: { provider: 'anthropic', model: 'claude', apiKeyEnv: 'A_KEY', baseUrl } };
  models = new Models(settings, { A_KEY: KEY });
});
beforeEach(() => {
  seen.length = 0;
  status = 200;
});
afterAll(async () => {
  await models.close();
  await new Promise((resolve) => server.close(resolve));
});

const tools = [{ name: 'tickets.search', description: 'Finds tickets.', input: { type: 'object' } }];

describe('a model of Anthropic', () => {
  it('is asked in the words of its own protocol, and answers in ours', async () => {
    const answer = answered(await models.call(aRequest({ tools, output: { type: 'object' } }), endless()));

    expect(answer).toEqual({
      text: 'I look.',
      toolCalls: [{ id: 'toolu_1', name: 'tickets.search', arguments: { q: 'fire' } }],
      output: null,
      finishReason: 'tool-calls',
      usage: { inputTokens: 900, outputTokens: 40, costUsd: 0 },
      provider: 'claude-as-served',
    });
    expect([seen[0]!.path, seen[0]!.headers['x-api-key']]).toEqual(['/v1/messages', KEY]);
    expect(JSON.parse(seen[0]!.body)).toMatchObject({
      max_tokens: 500,
      system: [{ type: 'text', text: expect.stringContaining('You sort tickets.') }],
      tools: [{ name: 'tickets__search' }],
    });
  });

  it.each([429, 529])('that answers %i was asked once, and the status is handed on', async (refusal) => {
    status = refusal;

    const result = await models.call(aRequest(), endless());

    expect(result).toMatchObject({ kind: 'status', status: refusal, headers: { 'retry-after': '3' } });
    expect(seen).toHaveLength(1);
  });

  it('takes the results of tools, one that failed among them', async () => {
    const { toolCalls } = answered(await models.call(aRequest({ tools }), endless()));
    const asked = { role: 'assistant', text: 'I look.', toolCalls, origin: 'step a/1' } as const;
    const result = {
      role: 'tool',
      callId: 'toolu_1',
      name: 'tickets.search',
      content: { code: 'http_500' },
      isError: true,
      origin: 'step a/2',
    } as const;

    await models.call(aRequest({ tools, messages: [...aRequest().messages, asked, result] }), endless());

    const { messages } = JSON.parse(seen[1]!.body) as { messages: { role: string; content: object[] }[] };
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(messages[2]!.content[0]).toMatchObject({ type: 'tool_result', tool_use_id: 'toolu_1', is_error: true });
  });
});
