import type { GenerateTextResult, ToolSet } from 'ai';
import type { Dispatcher } from 'undici';
import { answerOf, type Said } from '../answer';
import { FunctionNames, functionNameOf } from '../function-names';
import type { ModelRequest, ModelTool } from '../model';
import type { Model, ModelFailure, ModelResult, ModelTime } from '../model-result';
import { Exchange } from './exchange';
import { promptOf } from './prompt';
import { languageModel, type RemoteSetting } from './provider';

/** A model behind HTTP, through the AI SDK. The SDK shapes requests and reads answers; it sends once and runs no tool. */
export class SdkModel implements Model {
  constructor(
    private readonly name: string,
    private readonly setting: RemoteSetting,
    private readonly env: NodeJS.ProcessEnv,
    private readonly connections: Dispatcher,
  ) {}

  async call(request: ModelRequest, time: ModelTime): Promise<ModelResult> {
    const { apiKeyEnv } = this.setting;
    // Secrets that are mounted as files often end with a newline, which no header may hold.
    const key = apiKeyEnv === undefined ? undefined : this.env[apiKeyEnv]?.trim();
    if (apiKeyEnv !== undefined && !/^[\x21-\x7e]+$/.test(key ?? '')) return this.keyMissing(apiKeyEnv);
    const exchange = new Exchange(this.connections, time, key);
    const said = await this.say(request, exchange, key);
    if ('kind' in said) return said;
    const names = new FunctionNames(request.tools.map((tool) => tool.name));
    return { kind: 'said', answer: answerOf(said, { request, names, prices: this.setting.prices }) };
  }

  private async say(request: ModelRequest, exchange: Exchange, key: string | undefined): Promise<Said | ModelFailure> {
    const sdk = await loadSdk();
    const prompt = promptOf(request);
    try {
      const result = await sdk.generateText({
        ...prompt,
        model: await languageModel(this.setting, { key, fetch: exchange.fetch, output: request.output }),
        tools: toolSetOf(request.tools, sdk),
        maxOutputTokens: request.maxOutputTokens,
        maxRetries: 0,
        // What the request holds was put together by ours; nothing of it is text that somebody sent us.
        allowSystemInMessages: true,
      });
      return saidBy(result);
    } catch (error) {
      if (exchange.failure) return exchange.failure;
      if (!sdk.AISDKError.isInstance(error)) throw error;
      return exchange.answered ? unreadable(error) : unsendable(error);
    }
  }

  private keyMissing(variable: string): ModelFailure {
    const message = `The model '${this.name}' needs a key, and the variable ${variable} holds none. Set it for this process and start it again.`;
    return { kind: 'rejected', code: 'model_key_missing', message };
  }
}

type Sdk = typeof import('ai');

/** Most processes never call a model, and the SDK takes longer to load than a service to start. */
async function loadSdk(): Promise<Sdk> {
  // Its warnings go to the console, and some quote what a provider said.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  return import('ai');
}

/** Without `execute`: the SDK hands calls of these back to us. */
const toolSetOf = (tools: readonly ModelTool[], { jsonSchema, tool }: Sdk): ToolSet =>
  Object.fromEntries(
    tools.map(({ name, description, input }) => [
      functionNameOf(name),
      // Providers refuse a function whose parameters do not say that they are an object.
      tool({ description, inputSchema: jsonSchema({ type: 'object', ...input }) }),
    ]),
  );

function saidBy(result: Pick<GenerateTextResult<ToolSet, never, never>, SaidParts>): Said {
  return {
    text: result.text,
    calls: result.toolCalls.map((call) => ({ id: call.toolCallId, name: call.toolName, arguments: call.input })),
    finishReason: result.finishReason,
    inputTokens: result.usage.inputTokens,
    outputTokens: result.usage.outputTokens,
    provider: result.response.modelId,
  };
}

type SaidParts = 'text' | 'toolCalls' | 'finishReason' | 'usage' | 'response';

const unreadable = (error: Error): ModelFailure => ({
  kind: 'no-answer',
  code: 'body-unreadable',
  message: `The server answered 200, but not as its protocol says: ${error.message}`,
});

const unsendable = (error: Error): ModelFailure => ({
  kind: 'rejected',
  code: 'request_invalid',
  message: `No provider takes this request: ${error.message}`,
});
