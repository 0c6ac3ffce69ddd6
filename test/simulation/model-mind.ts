import { type JsonObject, type JsonValue, SUB_PLAN } from '@muster/domain';
import type { ModelAnswer, ModelToolCall } from '@muster/models';
import type { Draws } from './draws';

type Thought = Omit<ModelToolCall, 'id'>;

const SOUND: readonly Thought[] = [
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
];
/** What a model may think of: granted and not, sound and cut off, the same again. */
const CALLS: readonly Thought[] = [
  ...SOUND,
  { name: 'ship', arguments: {} },
  { name: 'nothing.there', arguments: {} },
  { name: 'read', arguments: null, problem: 'The arguments are cut off.' },
];
const CALLS_MAX = 3;

/** How often a model returns a plan where it could make a call. */
const PLANNING = 0.3;
const STEPS_MAX = 4;

/** An answer of a model that has no plan at all. */
export function sayAnything(draws: Draws): string {
  const nonsense = draws.chance(0.1);
  const output = draws.chance(0.4) ? { done: true } : undefined;
  const calls = Array.from({ length: 1 + draws.below(CALLS_MAX) }, (_, n) => ({ id: `c${n}`, ...drawCall(draws) }));
  return nonsense || output !== undefined ? said(draws, nonsense ? { wrong: 1 } : output!) : said(draws, null, calls);
}

const drawCall = (draws: Draws): Thought =>
  draws.chance(PLANNING) ? { name: SUB_PLAN, arguments: { steps: drawSteps(draws) } } : draws.pick(CALLS);

/** A sub-plan: mostly sound, sometimes with a step that waits for itself, or calls what there is not. */
function drawSteps(draws: Draws): JsonObject[] {
  return Array.from({ length: 1 + draws.below(STEPS_MAX) }, (_, n): JsonObject => {
    const { name, arguments: input } = draws.pick(draws.chance(0.05) ? CALLS : SOUND);
    const need = n > 0 && draws.chance(0.7) ? `s${draws.below(n)}` : undefined;
    const reads = need !== undefined && draws.chance(0.4);
    return {
      id: `s${n}`,
      ...(name === 'helper' ? { agent: name } : { tool: name }),
      input: reads ? { from: `\${{ steps.${need}.output }}` } : (input ?? {}),
      ...(need !== undefined && !reads ? { needs: [need] } : {}),
      ...(draws.chance(0.03) ? { needs: [`s${n}`] } : {}),
    };
  });
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
