import type { AgentContract, JsonObject } from '@muster/domain';
import type { ChatRequest, ModelServer, ModelTurn, SaidCall } from './model-server';

/** A contract of an agent whose model is `stub`; what is given replaces the default. */
export function anAgent(name: string, given: Partial<AgentContract> = {}): AgentContract {
  return {
    name,
    version: '1',
    description: `An agent of the tests: ${name}.`,
    instructions: `You are ${name}.`,
    model: 'stub',
    input: { type: 'object' },
    output: { type: 'object', properties: { done: { type: 'boolean' } }, required: ['done'] },
    retry: { maxAttempts: 5, backoffMs: 20, maxBackoffMs: 200 },
    ...given,
  };
}

/** The setting MODELS for a stub server, with prices of a dollar for a million tokens. */
export const modelsAt = (server: ModelServer): string =>
  JSON.stringify({
    stub: {
      provider: 'openai-compatible',
      model: 'stub-1',
      baseUrl: server.url,
      prices: { inputPerMillion: 1, outputPerMillion: 1 },
    },
  });

/** What a model sees of its own loop: who it is, what it was given, how often it has answered, what it was told since. */
export interface Moment {
  readonly input: JsonObject;
  /** From 1. */
  readonly round: number;
  /** Everything that tools and agents answered so far, as text. */
  readonly results: readonly string[];
}

export const asks = (...calls: readonly [name: string, input?: object | string][]): ModelTurn => ({
  kind: 'calls',
  calls: calls.map(([name, input = {}]): SaidCall => ({ name: name.replaceAll('.', '__'), arguments: input })),
});

export const ends = (output: object = { done: true }): ModelTurn => ({ kind: 'json', value: output });

/** One server for many agents: each has a mind of its own, chosen by its instructions; the same request, the same answer. */
export function mindOf(minds: Readonly<Record<string, (moment: Moment) => ModelTurn>>) {
  return ({ messages }: ChatRequest['body']): ModelTurn => {
    const instructions = String(messages.find(({ role }) => role === 'system')?.content);
    const name = /You are ([\w.-]+?)\./.exec(instructions)?.[1] ?? '';
    const mind = minds[name];
    if (!mind) throw new Error(`Nobody thought of what '${name}' says.`);
    const input = JSON.parse(String(messages.find(({ role }) => role === 'user')?.content)) as JsonObject;
    const round = messages.filter(({ role }) => role === 'assistant').length + 1;
    const results = messages.filter(({ role }) => role === 'tool').map(({ content }) => String(content));
    return mind({ input, round, results });
  };
}
