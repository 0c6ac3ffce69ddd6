import type { ModelSetting } from '@muster/chassis';
import { assertNever, type JsonObject } from '@muster/domain';
import type { LanguageModel } from 'ai';

export type RemoteSetting = Extract<ModelSetting, { provider: 'openai-compatible' | 'anthropic' }>;

export interface Wiring {
  readonly key: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  /** The schema of the final answer, for servers that hold a model to it. */
  readonly output: JsonObject | undefined;
}

/** The SDK's model for a setting, over our own `fetch`. */
export async function languageModel(setting: RemoteSetting, { key, fetch, output }: Wiring): Promise<LanguageModel> {
  switch (setting.provider) {
    case 'openai-compatible': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const { provider: name, baseUrl: baseURL, model } = setting;
      const transformRequestBody = (body: Body) => bodyOf(body, setting, output);
      return createOpenAICompatible({ name, baseURL, apiKey: key, fetch, transformRequestBody }).chatModel(model);
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      const { baseUrl: baseURL, model } = setting;
      return createAnthropic({ apiKey: key, fetch, ...(baseURL === undefined ? {} : { baseURL }) })(model);
    }
    default:
      return assertNever(setting);
  }
}

type Body = Record<string, unknown>;
type CompatibleSetting = Extract<RemoteSetting, { provider: 'openai-compatible' }>;

/** OpenAI's newer models refuse the old name of the bound; other servers know only the old one. */
function bodyOf(body: Body, setting: CompatibleSetting, output: JsonObject | undefined): Body {
  const { max_tokens: bound, ...rest } = body;
  const isOpenAi = new URL(setting.baseUrl).hostname === 'api.openai.com';
  const bounded = { ...rest, [isOpenAi ? 'max_completion_tokens' : 'max_tokens']: bound };
  return { ...bounded, ...(setting.structuredOutputs && output ? formatOf(output) : {}), ...setting.options };
}

/** Not strict: that knows only a part of JSON Schema, and refuses the rest. */
const formatOf = (schema: JsonObject): Body => ({
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: false } },
});
