import { canonicalJson, type JsonValue } from '@muster/domain';
import type { ModelMessage, ModelRequest } from '@muster/models';

type ToolMessage = Extract<ModelMessage, { role: 'tool' }>;

/** A repetition shorter than this says more itself than what would stand for it. */
const REPETITION_BYTES_MIN = 200;
/** Room for the words around what is left of an answer. */
const NOTE_BYTES = 200;

/**
 * Keeps a request within `bytesMax`: what a tool said twice stands once, then the oldest answers make room, then the
 * newest are cut to their beginnings. Instructions, input and what the model itself said are never touched; undefined
 * where these alone are too much.
 */
export function bounded(request: ModelRequest, bytesMax: number): ModelRequest | undefined {
  const messages = withoutRepetitions(request.messages);
  let excess = sizeOf({ ...request, messages }) - bytesMax;
  if (excess <= 0) return { ...request, messages };
  const lastAnswer = messages.findLastIndex((message) => message.role === 'assistant');
  for (const [index, message] of messages.entries()) {
    if (excess <= 0 || index > lastAnswer) break;
    if (message.role === 'tool') excess -= replace(messages, index, leftOut(message));
  }
  const newest = [...messages.entries()].filter(([index, { role }]) => index > lastAnswer && role === 'tool');
  for (const [done, [index, message]] of newest.entries()) {
    if (excess <= 0) break;
    const share = Math.ceil(excess / (newest.length - done));
    excess -= replace(messages, index, cutBy(message as ToolMessage, share));
  }
  const shrunk = { ...request, messages };
  return sizeOf(shrunk) <= bytesMax ? shrunk : undefined;
}

const sizeOf = (value: unknown): number => Buffer.byteLength(canonicalJson(value as JsonValue));

function withoutRepetitions(messages: readonly ModelMessage[]): ModelMessage[] {
  const first = new Map<string, string>();
  return messages.map((message) => {
    if (message.role !== 'tool') return message;
    const text = canonicalJson(message.content);
    const known = first.get(text);
    if (known === undefined) first.set(text, message.callId);
    const isWorthwhile = known !== undefined && Buffer.byteLength(text) >= REPETITION_BYTES_MIN;
    return isWorthwhile ? { ...message, content: { sameAs: known } } : message;
  });
}

const leftOut = (message: ToolMessage): ToolMessage => ({
  ...message,
  content: { leftOut: `${sizeOf(message.content)} bytes`, note: 'Too long ago to be shown again.' },
});

/** The beginning of an answer, as text; sizes are of the JSON that is sent, so that a quote in it counts twice. */
function cutBy(message: ToolMessage, bytes: number): ToolMessage {
  const text = canonicalJson(message.content);
  const size = Buffer.byteLength(text);
  const kept = Math.max(0, Math.floor((size - bytes - NOTE_BYTES) / 2));
  const beginning = Buffer.from(text)
    .subarray(0, kept)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
  return { ...message, content: { beginning, cutOff: `${size - kept} of ${size} bytes` } };
}

/** Puts the smaller message in its place and answers how many bytes that saves; a message that would grow stays. */
function replace(messages: ModelMessage[], index: number, message: ModelMessage): number {
  const saved = sizeOf(messages[index]) - sizeOf(message);
  if (saved <= 0) return 0;
  messages[index] = message;
  return saved;
}
