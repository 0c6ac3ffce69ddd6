import type { JsonObject, JsonValue } from '@muster/domain';

/** Where a block of a context came from, for whoever reads the record: `instructions`, `input`, `step research/3, operation op_…`. */
export type Origin = string;

/** A call that a model asked for. */
export interface ModelToolCall {
  /** As the model named it; answers refer to it. */
  readonly id: string;
  readonly name: string;
  /** Null where the model's arguments are no JSON object: `problem` says why. */
  readonly arguments: JsonObject | null;
  readonly problem?: string;
}

export type ModelMessage =
  | { readonly role: 'system' | 'user'; readonly text: string; readonly origin: Origin }
  | {
      readonly role: 'assistant';
      readonly text: string | null;
      readonly toolCalls: readonly ModelToolCall[];
      readonly origin: Origin;
    }
  | {
      readonly role: 'tool';
      readonly callId: string;
      readonly name: string;
      readonly content: JsonValue;
      readonly isError: boolean;
      readonly origin: Origin;
    };

/** Something the model may call. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly input: JsonObject;
}

/** Everything that one call of a model sees. Its canonical JSON is the request that the ledger records. */
export interface ModelRequest {
  /** A name of the configuration, never a provider's. */
  readonly model: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ModelTool[];
  /** JSON Schema of the final answer; without it the answer is text. */
  readonly output?: JsonObject;
  readonly maxOutputTokens: number;
}

export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** By the configured prices; 0 where there are none. */
  readonly costUsd: number;
}

/** What a model said, in one shape for all of them. Bad content is a value here, never an error. */
export interface ModelAnswer {
  readonly text: string | null;
  readonly toolCalls: readonly ModelToolCall[];
  /** The final answer as JSON, where the request has an `output` and the text holds one; it is not yet held against the schema. */
  readonly output: JsonValue;
  /** Why there is no `output` although one was asked for and no call was made: prose, truncated JSON. */
  readonly problem?: string;
  readonly finishReason: 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'other';
  readonly usage: ModelUsage;
  /** As the provider names the model that answered. */
  readonly provider: string;
}
