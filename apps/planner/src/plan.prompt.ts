import { canonicalJson, type JsonValue, type ModelStepCall, type ResolvedAgent } from '@muster/domain';
import type { ModelAnswer, ModelMessage, ModelRequest } from '@muster/models';

/** An earlier call for the same plan, as recorded. */
export interface EarlierCall {
  readonly key: string;
  readonly answer: ModelAnswer;
}

/**
 * What a model is asked: its instructions, the goal with the catalogue, and each plan that it made before with what was
 * wrong with that. Pure: the same records give the same bytes, so that a call that is sent again is the same call.
 */
export function planPrompt(
  planner: ResolvedAgent,
  input: JsonValue,
  earlier: readonly EarlierCall[],
  calls: readonly ModelStepCall[],
): ModelRequest {
  return {
    model: planner.model,
    messages: [
      { role: 'system', text: planner.instructions, origin: 'instructions' },
      { role: 'user', text: canonicalJson(input), origin: 'input' },
      ...earlier.flatMap((call, index) => exchange(call, calls[index + 1])),
    ],
    tools: [],
    output: planner.output,
    maxOutputTokens: planner.maxOutputTokens,
  };
}

/** A plan that came back, and the reasons as they were given to whoever asked again. */
function exchange({ key, answer }: EarlierCall, next: ModelStepCall | undefined): ModelMessage[] {
  const problems = next?.problems ?? [];
  const text = `This plan is refused. Answer with a whole new plan that has none of these problems: ${canonicalJson({ problems } as unknown as JsonValue)}`;
  return [
    { role: 'assistant', text: answer.text, toolCalls: [], origin: `step ${key}` },
    { role: 'user', text, origin: `check of step ${key}` },
  ];
}
