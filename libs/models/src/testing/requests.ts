import type { ModelRequest } from '../model';
import type { ModelResult, ModelTime } from '../model-result';

/** For tests: a request in which only what matters has to be named. */
export const aRequest = (over: Partial<ModelRequest> = {}): ModelRequest => ({
  model: 'fast',
  messages: [
    { role: 'system', text: 'You sort tickets.', origin: 'instructions' },
    { role: 'user', text: '{"title":"It burns"}', origin: 'input' },
  ],
  tools: [],
  maxOutputTokens: 500,
  ...over,
});

/** Time without an end. */
export const endless = (): ModelTime => ({ signal: new AbortController().signal, expired: false });

export function answered(result: ModelResult) {
  if (result.kind !== 'said') throw new Error(`No answer: ${JSON.stringify(result)}`);
  return result.answer;
}
