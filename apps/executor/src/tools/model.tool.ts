import { isJsonObject } from '@muster/domain';
import { readJson, type ToolAnswer, toolAnswerOf } from '@muster/ledger';
import type { ModelRequest, Models } from '@muster/models';
import { startDeadline } from '@muster/resilience';
import type { Tool, ToolCall } from './tool';

/** A call of an agent's model. Its request is a ModelRequest as JSON, its output a ModelAnswer. */
export class ModelTool implements Tool {
  constructor(private readonly models: Models) {}

  async call(call: ToolCall): Promise<ToolAnswer> {
    const { transport } = call.contract;
    if (transport.type !== 'model') throw new TypeError(`${call.contract.name} is no model.`);
    const request = requestOf(call.request, transport.model);
    if (!request) return REQUEST_INVALID;
    const deadline = startDeadline(call.timeoutMs, call.signal);
    try {
      return toolAnswerOf(await this.models.call(request, deadline));
    } finally {
      deadline.clear();
    }
  }

  close(): Promise<void> {
    return this.models.close();
  }
}

const REQUEST_INVALID: ToolAnswer = {
  kind: 'rejected',
  code: 'request_invalid',
  message: 'The bytes are no request to the model that the contract names.',
};

/** The bytes come from ours; only that they are for this model is worth looking at. */
function requestOf(bytes: Buffer, model: string): ModelRequest | undefined {
  const value = readJson(bytes)?.value;
  const isRequest =
    isJsonObject(value) && value.model === model && Array.isArray(value.messages) && Array.isArray(value.tools);
  return isRequest ? (value as unknown as ModelRequest) : undefined;
}
