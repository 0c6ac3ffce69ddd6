import { assertNever, canonicalJson } from '@muster/domain';
import type { ModelMessage as SdkMessage } from 'ai';
import { functionNameOf } from '../function-names';
import type { ModelMessage, ModelRequest } from '../model';

type ToolMessage = Extract<ModelMessage, { role: 'tool' }>;
type AssistantMessage = Extract<ModelMessage, { role: 'assistant' }>;
type ToolResult = Extract<Extract<SdkMessage, { role: 'tool' }>['content'][number], { type: 'tool-result' }>;

/** A request in the SDK's words. */
export interface Prompt {
  readonly instructions: string | undefined;
  readonly messages: SdkMessage[];
}

/** Leading system messages become one: templates of many open models take only one, and only at the start. */
export function promptOf({ messages, output }: ModelRequest): Prompt {
  const turn = messages.findIndex(({ role }) => role !== 'system');
  const rest = turn < 0 ? messages.length : turn;
  const leading = messages.slice(0, rest).flatMap((message) => (message.role === 'system' ? [message.text] : []));
  const asked = output === undefined ? [] : [`${OUTPUT_RULE}\n${canonicalJson(output)}`];
  const instructions = [...leading, ...asked].join('\n\n');
  return { instructions: instructions || undefined, messages: messages.slice(rest).map(sdkMessageOf) };
}

// Said in words, because many servers know no other way, and some that do can then call no tools.
const OUTPUT_RULE =
  'Give your final answer as one JSON value and nothing else, no prose and no code fence. It has to satisfy this JSON Schema:';

function sdkMessageOf(message: ModelMessage): SdkMessage {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.text };
    case 'assistant':
      return { role: 'assistant', content: assistantContent(message) };
    case 'tool':
      return { role: 'tool', content: [resultOf(message)] };
    default:
      return assertNever(message);
  }
}

function assistantContent({ text, toolCalls }: AssistantMessage) {
  // An answer that was empty has to be shown all the same, and some providers refuse a message without content.
  const shown = text ?? (toolCalls.length === 0 ? '(nothing)' : null);
  return [
    ...(shown === null ? [] : [{ type: 'text' as const, text: shown }]),
    ...toolCalls.map((call) => ({
      type: 'tool-call' as const,
      toolCallId: call.id,
      toolName: functionNameOf(call.name),
      input: call.arguments ?? {},
    })),
  ];
}

function resultOf({ callId, name, content, isError }: ToolMessage): ToolResult {
  const text = typeof content === 'string';
  const type = isError ? (text ? 'error-text' : 'error-json') : text ? 'text' : 'json';
  return {
    type: 'tool-result',
    toolCallId: callId,
    toolName: functionNameOf(name),
    output: { type, value: content } as ToolResult['output'],
  };
}
