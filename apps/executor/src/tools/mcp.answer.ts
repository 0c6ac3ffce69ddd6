import { assertNever, type EffectClass, type JsonObject } from '@muster/domain';
import type { NoAnswerCode, ToolAnswer } from '@muster/ledger';
import type { McpCallEnd, McpResult } from '@muster/mcp';

/** Of what a tool says of its failure; the whole of it is the recorded response. */
const MESSAGE_LENGTH_MAX = 2_048;
/** JSON-RPC's errors about the request itself: no method of this name, no such parameters. */
const REQUEST_ERRORS: readonly number[] = [-32_601, -32_602];
const LOSSES = { reset: 'reset', unreadable: 'body-unreadable', 'too-large': 'too-large' } as const satisfies Record<
  string,
  NoAnswerCode
>;

/**
 * What the end of a call is worth. An error that a server reports says nothing certain about what was done before it: it
 * is a definite failure only of a tool that does nothing, and an unknown outcome of every other.
 */
export function mcpAnswer(end: McpCallEnd, effect: EffectClass): ToolAnswer {
  switch (end.kind) {
    case 'result':
      return end.result.isError === true ? toolError(end.result, effect) : outputOf(end.result);
    case 'error':
      return protocolError(end, effect);
    case 'status':
      return { kind: 'answered', status: end.status, headers: {}, body: Buffer.from(end.message) };
    case 'unsent':
      return { kind: 'not-sent', code: end.code, message: end.message };
    case 'denied':
      return { kind: 'rejected', code: 'egress_denied', message: end.message };
    case 'lost':
      return { kind: 'no-answer', code: LOSSES[end.why], message: end.message };
    default:
      return assertNever(end);
  }
}

/** Structured content where there is some, else the content as the protocol has it. */
const outputOf = ({ structuredContent, content = [] }: McpResult): ToolAnswer => ({
  kind: 'output',
  body: Buffer.from(JSON.stringify(structuredContent ?? { content })),
});

function toolError(result: McpResult, effect: EffectClass): ToolAnswer {
  const message = `The tool answered with an error: ${textOf(result.content ?? [])}`.slice(0, MESSAGE_LENGTH_MAX);
  if (effect === 'none') return { kind: 'rejected', code: 'mcp_tool_error', message };
  return { kind: 'errored', code: 'mcp_tool_error', message, body: Buffer.from(JSON.stringify(result)) };
}

function protocolError({ code, message }: Extract<McpCallEnd, { kind: 'error' }>, effect: EffectClass): ToolAnswer {
  const said = `The server answered with the error ${code}: ${message}`.slice(0, MESSAGE_LENGTH_MAX);
  if (effect === 'none' && REQUEST_ERRORS.includes(code)) {
    return { kind: 'rejected', code: 'mcp_protocol_error', message: said };
  }
  const body = Buffer.from(JSON.stringify({ code, message }));
  return { kind: 'errored', code: 'mcp_protocol_error', message: said, body };
}

const textOf = (content: readonly JsonObject[]): string =>
  content.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n') || 'it gave no reason.';
