import type { JsonValue } from '@muster/domain';
import type { ModelAnswer, ModelToolCall } from '@muster/models';
import type { Draws } from './draws';

/** What a model may think of: granted and not, sound and cut off, the same again. */
const CALLS: readonly Omit<ModelToolCall, 'id'>[] = [
  { name: 'read', arguments: { n: 1 } },
  { name: 'read', arguments: { n: 2 } },
  { name: 'pay', arguments: { sum: 1 } },
  { name: 'pay', arguments: { sum: 2 } },
  { name: 'book', arguments: {} },
  { name: 'mail', arguments: { to: 'Ada' } },
  { name: 'clock', arguments: {} },
  { name: 'note', arguments: {} },
  { name: 'helper', arguments: { topic: 1 } },
  { name: 'helper', arguments: { topic: 2 } },
  { name: 'ship', arguments: {} },
  { name: 'nothing.there', arguments: {} },
  { name: 'read', arguments: null, problem: 'The arguments are cut off.' },
];
const CALLS_MAX = 3;

/** An answer of a model that has no plan at all. */
export function sayAnything(draws: Draws): string {
  const nonsense = draws.chance(0.1);
  const output = draws.chance(0.4) ? { done: true } : undefined;
  const calls = Array.from({ length: 1 + draws.below(CALLS_MAX) }, (_, n) => ({ id: `c${n}`, ...draws.pick(CALLS) }));
  return nonsense || output !== undefined ? said(draws, nonsense ? { wrong: 1 } : output!) : said(draws, null, calls);
}

/** An answer of a model: this final one, or these calls. */
export function said(draws: Draws, output: JsonValue, toolCalls: readonly ModelToolCall[] = []): string {
  const answer: ModelAnswer = {
    text: null,
    toolCalls,
    output,
    finishReason: toolCalls.length === 0 ? 'stop' : 'tool-calls',
    usage: { inputTokens: draws.below(900), outputTokens: draws.below(400), costUsd: 0 },
    provider: 'invented',
  };
  return JSON.stringify(answer);
}
