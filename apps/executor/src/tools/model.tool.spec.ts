import { CONTRACT_DEFAULTS, type JsonValue, MODEL_DEFINITE } from '@muster/domain';
import { classify } from '@muster/ledger';
import { type ModelRequest, Models } from '@muster/models';
import { ModelServer, type ModelTurn } from '../../../../test/support/model-server';
import { ModelTool } from './model.tool';
import { aCall } from './testing/calls';

const request: ModelRequest = {
  model: 'fast',
  messages: [{ role: 'user', text: 'Hello.', origin: 'input' }],
  tools: [],
  maxOutputTokens: 100,
};
const NOW = new Date('2026-01-01T00:00:00Z');

let server: ModelServer;
let tool: ModelTool;

beforeEach(async () => {
  server = await ModelServer.start();
  tool = new ModelTool(new Models({ fast: { provider: 'openai-compatible', model: 'stub', baseUrl: server.url } }));
});
afterEach(async () => {
  await tool.close();
  await server.stop();
});

async function judged(turn: ModelTurn, timeoutMs: number = CONTRACT_DEFAULTS.timeoutMs) {
  server.next(turn);
  const contract = { effect: 'none', definite: MODEL_DEFINITE } as const;
  const input = request as unknown as JsonValue;
  const call = aCall({ type: 'model', model: 'fast' }, { contract, input, timeoutMs });
  return classify(call.contract, await tool.call(call), NOW);
}

describe('a call of a model, as the ledger judges it', () => {
  it('that was answered has succeeded, and its output is the answer', async () => {
    expect(await judged({ kind: 'text', text: 'Hello!' })).toMatchObject({
      state: 'succeeded',
      output: { text: 'Hello!', toolCalls: [], usage: { inputTokens: 1_000 } },
    });
  });

  it('that was answered badly has succeeded all the same', async () => {
    expect(await judged({ kind: 'truncated', value: { a: 1 } })).toMatchObject({ state: 'succeeded' });
  });

  it.each<[string, ModelTurn, string, string]>([
    ['too many requests', { kind: 'status', status: 429 }, 'absent', 'http_429'],
    ['a refusal', { kind: 'status', status: 400 }, 'failed', 'http_400'],
    ['a wrong key', { kind: 'status', status: 401 }, 'failed', 'http_401'],
    ['a fault of the server', { kind: 'status', status: 500 }, 'unknown', 'http_500'],
    ['a connection cut in the middle', { kind: 'cut' }, 'unknown', 'connection_reset'],
    ['a page in the place of an answer', { kind: 'html' }, 'unknown', 'body_unreadable'],
    ['an answer without an end', { kind: 'huge', bytes: 5 * 1024 * 1024 }, 'unknown', 'body_too_large'],
  ])('that met %s', async (_what, turn, state, code) => {
    expect(await judged(turn)).toMatchObject({ state, code });
  });

  it('that is asked to wait says for how long', async () => {
    expect(await judged({ kind: 'status', status: 429, retryAfter: '7' })).toMatchObject({ retryAfterMs: 7_000 });
  });

  it('that takes too long is given up, and nobody knows what came of it', async () => {
    // The SDK is loaded with the first call, which takes of its time.
    await judged({ kind: 'text', text: 'Loaded.' });

    expect(await judged({ kind: 'hang' }, 1_000)).toMatchObject({ state: 'unknown', code: 'timeout' });
    expect(server.requests).toHaveLength(2);
  });

  it('whose bytes are meant for another model is never sent', async () => {
    const call = aCall({ type: 'model', model: 'wise' }, { input: request as unknown as JsonValue });

    expect(await tool.call(call)).toMatchObject({ kind: 'rejected', code: 'request_invalid' });
    expect(server.requests).toEqual([]);
  });
});
