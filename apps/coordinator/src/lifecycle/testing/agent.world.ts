import { type AgentContract, type JsonObject, type JsonValue, type ResolvedAgent, resolveAgent } from '@muster/domain';
import type { ModelAnswer, ModelToolCall } from '@muster/models';
import { TaskWorld, type WorldOptions } from './task.world';

/** Takes and gives any object; may call what it is told. */
export function anAgent(name: string, given: Partial<AgentContract> = {}): ResolvedAgent {
  const contract: AgentContract = {
    name,
    version: '1',
    description: `The agent ${name}.`,
    instructions: 'Do what the input says.',
    model: 'test-model',
    input: { type: 'object' },
    output: { type: 'object', properties: { done: { type: 'boolean' } }, required: ['done'] },
    contextBytesMax: 3_000,
    maxOutputTokens: 500,
    ...given,
  };
  return resolveAgent(contract, `hash of the agent ${name}`);
}

/** One call that a model asks for. */
export type Asked = readonly [name: string, input?: JsonObject | null];

/** A task with one step `work`, an agent of that name unless others are given; its model says what the test says. */
export class AgentWorld extends TaskWorld {
  constructor(agents: readonly ResolvedAgent[], options: WorldOptions & { readonly check?: string } = {}) {
    const { check, ...rest } = options;
    super([{ id: 'work', agent: agents[0]!.name, input: { topic: 'rain' }, ...(check && { check }) }], {
      ...rest,
      agents,
    });
    this.look('work');
  }

  /** The model's answer to the call `key`: calls to make. */
  asks(key: string, ...calls: readonly Asked[]): void {
    this.answer(key, { output: answerOf({ toolCalls: calls.map(callOf(key)), finishReason: 'tool-calls' }) });
  }

  /** The model's answer to the call `key`: it is done. */
  ends(key: string, output: JsonValue = { done: true }): void {
    this.answer(key, { output: answerOf({ text: JSON.stringify(output), output }) });
  }

  /** Key of the model call that is out for this agent; undefined where there is none. */
  openModelCall(agent = 'work'): string | undefined {
    const open = [...this.store.steps.values()].filter((step) => step.kind === 'model' && step.state === 'dispatched');
    return open.map(({ key }) => key).find((key) => key.startsWith(`${agent}/`));
  }

  /** Calls that left, by what they call. */
  sent(tool: string): number {
    return [...this.store.ledger.operations.values()].filter((operation) => operation.tool === tool).length;
  }

  /** A model that never stops: what it asks for hangs on the number of the round. Answers how often it was asked. */
  runs(
    say: (round: number, key: string) => readonly Asked[] | JsonValue,
    answerTo: (tool: string, n: number) => JsonValue,
  ): number {
    let rounds = 0;
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      const model = this.openModelCall('work');
      if (model) {
        rounds += 1;
        const said = say(rounds, model);
        if (isAsking(said)) this.asks(model, ...said);
        else this.ends(model, said as JsonValue);
        continue;
      }
      const tool = [...this.store.steps.values()].find((step) => step.kind === 'tool' && step.state === 'dispatched');
      if (!tool) return rounds;
      this.answer(tool.key, { output: answerTo(tool.tool, rounds) });
    }
    throw new Error('The loop was not stopped.');
  }
}

const TURNS_MAX = 5_000;

const isAsking = (said: unknown): said is readonly Asked[] =>
  Array.isArray(said) && said.every((one) => Array.isArray(one) && typeof one[0] === 'string');

const callOf =
  (key: string) =>
  ([name, input = {}]: Asked, index: number): ModelToolCall => ({
    id: `${key}#${index}`,
    name,
    arguments: input,
    ...(input === null && { problem: 'The arguments are cut off.' }),
  });

/** What a model was asked for costs ten tokens in and five out. */
export function answerOf(given: Partial<ModelAnswer>): JsonValue {
  const answer: ModelAnswer = {
    text: null,
    toolCalls: [],
    output: null,
    finishReason: 'stop',
    usage: { inputTokens: 10, outputTokens: 5, costUsd: 0.000015 },
    provider: 'test',
    ...given,
  };
  return JSON.parse(JSON.stringify(answer)) as JsonValue;
}
