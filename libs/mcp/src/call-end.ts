import { isNativeError } from 'node:util/types';
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '@muster/domain';
import { EgressDeniedFault } from '@muster/resilience';
import { ZodError } from 'zod';
import { MessageTooLarge } from './guarded-fetch';

/** What a server answered to a call, as far as it is ours to read. */
export interface McpResult {
  readonly content?: readonly JsonObject[];
  readonly structuredContent?: JsonObject;
  readonly isError?: boolean;
}

/**
 * What came of one call, before anybody judges it.
 *
 * - `result`: the server's answer, `isError` ones among them.
 * - `error`: it answered with an error of the protocol (JSON-RPC).
 * - `status`: streamable HTTP, answered with a status outside 2xx.
 * - `unsent`: no byte of the call left.
 * - `denied`: egress does not allow the server's address.
 * - `lost`: bytes may have left, and no answer that could be read came back.
 */
export type McpCallEnd =
  | { readonly kind: 'result'; readonly result: McpResult }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'status'; readonly status: number; readonly message: string }
  | { readonly kind: 'unsent'; readonly code: string; readonly message: string }
  | { readonly kind: 'denied'; readonly message: string }
  | { readonly kind: 'lost'; readonly why: 'reset' | 'unreadable' | 'too-large'; readonly message: string };

/** Error codes of Node and undici from before a connection stood. */
const UNSENT_CODES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'dns_failure',
  EAI_AGAIN: 'dns_failure',
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
};

/** What the SDK's error of a call means. `closed`: the connection ended while the call was under way. */
export function endOfFailure(error: unknown, closed: boolean): McpCallEnd {
  const causes = causesOf(error);
  const denied = causes.find((one) => one instanceof EgressDeniedFault);
  if (denied) return { kind: 'denied', message: denied.message };
  const unsent = causes.find((one) => one.code !== undefined && Object.hasOwn(UNSENT_CODES, one.code));
  if (unsent) return { kind: 'unsent', code: UNSENT_CODES[unsent.code!]!, message: unsent.message };
  if (causes.some((one) => one instanceof MessageTooLarge)) {
    return { kind: 'lost', why: 'too-large', message: 'The answer is larger than may be kept.' };
  }
  // The SDK reports the end of a connection under a code that a server may answer with as well.
  if (error instanceof McpError && !closed) return { kind: 'error', code: error.code, message: error.message };
  // A negative one is the SDK's own: an answer of a type that the protocol does not know.
  if (error instanceof StreamableHTTPError && (error.code ?? -1) > 0) {
    return { kind: 'status', status: error.code!, message: error.message };
  }
  const why = error instanceof ZodError || error instanceof SyntaxError ? 'unreadable' : 'reset';
  return { kind: 'lost', why, message: messageOf(causes) };
}

type CodedError = Error & { readonly code?: string };

export function causesOf(error: unknown): CodedError[] {
  return isNativeError(error) ? [error, ...causesOf(error.cause)] : [];
}

const messageOf = (causes: readonly Error[]): string =>
  causes.map(({ message }) => message).join(': ') || 'The connection ended.';
