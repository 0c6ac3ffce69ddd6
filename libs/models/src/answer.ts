import { costUsdOf, isJsonObject, type JsonValue, type ModelPrices } from '@muster/domain';
import type { FunctionNames } from './function-names';
import { holdsOnlyFinite, jsonInText, readGuarded } from './json-in-text';
import { MODEL_LIMITS } from './limits';
import type { ModelAnswer, ModelRequest, ModelToolCall, ModelUsage } from './model';

/** A call as the provider handed it over: the arguments are a value, or the text that is none. */
export interface SaidCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
}

/** What a model said, before anybody looked at it. */
export interface Said {
  readonly text: string;
  readonly calls: readonly SaidCall[];
  readonly finishReason: string;
  /** Undefined where the server does not say. */
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly provider: string;
}

/** How to read what was said. */
export interface Reading {
  readonly request: ModelRequest;
  readonly names: FunctionNames;
  readonly prices?: ModelPrices;
}

const FINISH_REASONS: readonly ModelAnswer['finishReason'][] = ['stop', 'length', 'tool-calls', 'content-filter'];

/** Pure and total: whatever a model says has a form here. */
export function answerOf(said: Said, { request, names, prices }: Reading): ModelAnswer {
  const text = said.text === '' ? null : said.text.toWellFormed();
  const toolCalls = callsOf(said.calls, names);
  const finishReason = FINISH_REASONS.find((reason) => reason === said.finishReason) ?? 'other';
  return {
    text,
    toolCalls,
    ...outputOf(request, text, toolCalls, finishReason),
    finishReason,
    usage: usageOf(said, request, prices),
    provider: said.provider.toWellFormed(),
  };
}

function outputOf(
  { output }: ModelRequest,
  text: string | null,
  toolCalls: readonly ModelToolCall[],
  finishReason: ModelAnswer['finishReason'],
): Pick<ModelAnswer, 'output' | 'problem'> {
  if (output === undefined || toolCalls.length > 0) return { output: null };
  const read = jsonInText(text ?? '');
  if (read.ok) return { output: read.value };
  const isCut = finishReason === 'length';
  return { output: null, problem: isCut ? `${read.problem} It was cut off at maxOutputTokens.` : read.problem };
}

/** Answers refer to a call by its id: one that is missing, or used twice, gets one that is free. */
function callsOf(calls: readonly SaidCall[], names: FunctionNames): ModelToolCall[] {
  const taken = new Set<string>();
  const theirs = calls.map(({ id }) => id.toWellFormed());
  return calls.map((call, i) => {
    const given = theirs[i]!;
    const id = given !== '' && !taken.has(given) ? given : freeId(i + 1, [...taken, ...theirs]);
    taken.add(id);
    return { id, name: names.read(call.name).toWellFormed(), ...argumentsOf(call.arguments) };
  });
}

function freeId(n: number, taken: readonly string[]): string {
  let id = `call_${n}`;
  while (taken.includes(id)) id += '_';
  return id;
}

function argumentsOf(given: unknown): Pick<ModelToolCall, 'arguments' | 'problem'> {
  const text = typeof given === 'string' ? given : textOf(given);
  const read = readGuarded(text.trim() === '' ? '{}' : text);
  if (!read.ok) return { arguments: null, problem: `The arguments cannot be read. ${read.message}` };
  return isJsonObject(read.value)
    ? { arguments: read.value }
    : { arguments: null, problem: `The arguments are no JSON object, but ${kindOf(read.value)}.` };
}

/** What the SDK has parsed already, as text again. What JSON cannot say becomes text that cannot be read either. */
function textOf(value: unknown): string {
  try {
    return holdsOnlyFinite(value) ? (JSON.stringify(value) ?? '') : '1e999';
  } catch {
    // Nested so deep that going through it overflows the stack: like the start of a list that never ends.
    return '[';
  }
}

const kindOf = (value: JsonValue): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
};

function usageOf(said: Said, request: ModelRequest, prices: ModelPrices | undefined): ModelUsage {
  const inputTokens = countOf(said.inputTokens) ?? tokensOf(JSON.stringify([request.messages, request.tools]));
  const outputTokens = countOf(said.outputTokens) ?? tokensOf(said.text + textOf(said.calls));
  return { inputTokens, outputTokens, costUsd: costUsdOf(inputTokens, outputTokens, prices) };
}

/** Adding 0 makes a 0 of -0, which JSON has and would not give back. */
const countOf = (tokens: number | undefined): number | undefined =>
  tokens !== undefined && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens + 0 : undefined;

const tokensOf = (text: string): number => Math.ceil(Buffer.byteLength(text) / MODEL_LIMITS.BYTES_PER_TOKEN);
