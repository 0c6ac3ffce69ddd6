import { EFFECT_CLASSES, type EffectClass, type JsonObject, type JsonValue, LIMITS } from '@muster/domain';
import {
  Flag,
  Json,
  JsonMap,
  OneOf,
  Quantity,
  Shape,
  type ShapeClass,
  ShapeOf,
  Text,
  TextMap,
  Texts,
  Whole,
  Wholes,
} from '../shape/fields';

const TIMEOUT_MS_MAX = 24 * 60 * 60 * 1000;
const NAME = /^[a-z0-9]+([._-][a-z0-9]+)*$/;

export class HttpTransportRequest {
  @OneOf(['http'])
  type: 'http';
  @OneOf(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
  method: string;
  @Text({ max: 2_048, pattern: /^https?:\/\//, example: 'http://127.0.0.1:7850/tools/tickets.create' })
  url: string;
  @TextMap({ optional: true, entriesMax: 64 })
  headers?: Record<string, string>;
}

export class ProcessTransportRequest {
  @OneOf(['process'])
  type: 'process';
  @Texts({
    itemsMax: 256,
    description: 'Program and arguments; no shell. The operator allows programs by PROCESS_ALLOW.',
  })
  argv: string[];
  @OneOf(['json', 'text', 'lines'], { optional: true, description: 'How its standard output is read. Default: json.' })
  output?: 'json' | 'text' | 'lines';
  @Text({ optional: true, pattern: /^\//, description: 'Where it runs: an absolute path.' })
  cwd?: string;
}

export class BuiltinTransportRequest {
  @OneOf(['builtin'])
  type: 'builtin';
  @Text({ description: 'An adapter that ships with the executor.' })
  name: string;
}

export class McpPinRequest {
  @Text({ description: 'SHA-256 of the input schema as the server listed it.' })
  input: string;
  @Text({ optional: true, description: 'SHA-256 of the output schema; missing where the server lists none.' })
  output?: string;
}

export class McpTransportRequest {
  @OneOf(['mcp'])
  type: 'mcp';
  @Text({ max: LIMITS.NAME_LENGTH_MAX, description: 'A server that the operator names in MCP_SERVERS.' })
  server: string;
  @Text({ max: LIMITS.NAME_LENGTH_MAX, description: 'The tool, as the server names it.' })
  tool: string;
  @Shape(() => McpPinRequest, { description: 'What the contract was registered on; other schemas disable the tool.' })
  pin: McpPinRequest;
}

export class FunctionTransportRequest {
  @OneOf(['function'])
  type: 'function';
  @Text({
    optional: true,
    max: LIMITS.NAME_LENGTH_MAX,
    pattern: NAME,
    description: "A function of the modules that EXECUTOR_FUNCTIONS names. Default: the tool's own name.",
  })
  name?: string;
}

const TRANSPORTS: Readonly<Record<string, ShapeClass>> = {
  http: HttpTransportRequest,
  process: ProcessTransportRequest,
  builtin: BuiltinTransportRequest,
  mcp: McpTransportRequest,
  function: FunctionTransportRequest,
};

export class DefiniteRequest {
  @Wholes({ optional: true, min: 0, max: 999, itemsMax: 1_000, description: 'Nothing was done, and never will be.' })
  rejected?: number[];
  @Wholes({ optional: true, min: 0, max: 999, itemsMax: 1_000, description: 'Nothing was done; tried again later.' })
  notDone?: number[];
}

export class ProbeRequest {
  @OneOf(['GET', 'POST'])
  method: string;
  @Text({ max: 2_048, pattern: /^https?:\/\//, description: '`{operationId}` stands for the operation.' })
  url: string;
  @Text({ description: 'CEL over `response.status` and `response.body`.' })
  happened: string;
  @Text({ optional: true, description: "CEL over the same: the operation's output." })
  output?: string;
  @Whole({
    optional: true,
    min: 0,
    description: 'A request whose connection is closed cannot take effect later than this.',
  })
  absentAfterMs?: number;
  @Whole({ optional: true, min: 1, max: TIMEOUT_MS_MAX })
  timeoutMs?: number;
}

export class CompensateRequest {
  @Text({})
  tool: string;
  @Json({ optional: true })
  input?: JsonValue;
}

export class ToolRetryRequest {
  @Whole({ optional: true, min: 1, max: 1_000 })
  maxAttempts?: number;
  @Whole({ optional: true, min: 0 })
  backoffMs?: number;
  @Whole({ optional: true, min: 0 })
  maxBackoffMs?: number;
}

export class BreakerRequest {
  @Quantity({ optional: true, min: 1, max: 100 })
  errorThresholdPercentage?: number;
  @Whole({ optional: true, min: 1 })
  volumeThreshold?: number;
  @Whole({ optional: true, min: 1 })
  resetTimeoutMs?: number;
}

/** The body of `PUT /v1/tools/{name}`: what a tool promises. */
export class ToolRequest {
  @Text({ min: 1, max: LIMITS.NAME_LENGTH_MAX, pattern: NAME, example: 'tickets.create' })
  name: string;
  @Text({ min: 1, max: LIMITS.NAME_LENGTH_MAX, pattern: /^[\w.+-]+$/, example: '1' })
  version: string;
  @Text({ max: 4_096 })
  description: string;
  @ShapeOf('type', TRANSPORTS)
  transport: object;
  @JsonMap({ description: 'JSON Schema 2020-12.' })
  input: JsonObject;
  @JsonMap({ description: 'JSON Schema 2020-12.' })
  output: JsonObject;
  @OneOf(EFFECT_CLASSES, { description: 'What the tool does to the world; the retry rule follows from it.' })
  effect: EffectClass;
  @Whole({ optional: true, min: 1, description: 'How long duplicates of a key are refused; `keyed` needs it.' })
  dedupeWindowMs?: number;
  @Shape(() => DefiniteRequest, { optional: true })
  definite?: DefiniteRequest;
  @Shape(() => ProbeRequest, { optional: true, description: '`probed` needs it.' })
  probe?: ProbeRequest;
  @Texts({
    optional: true,
    max: 1_024,
    itemsMax: 32,
    description: 'What a call changes: texts over `input`. Parallel steps of a plan never name the same.',
    example: ['ticket/${{ input.id }}'],
  })
  writes?: string[];
  @Shape(() => CompensateRequest, { optional: true })
  compensate?: CompensateRequest;
  @Whole({ optional: true, min: 1, max: TIMEOUT_MS_MAX })
  timeoutMs?: number;
  @Whole({ optional: true, min: 1, max: 100_000 })
  maxConcurrency?: number;
  @Text({ optional: true, max: LIMITS.NAME_LENGTH_MAX, pattern: NAME })
  lane?: string;
  @Shape(() => ToolRetryRequest, { optional: true })
  retry?: ToolRetryRequest;
  @Shape(() => BreakerRequest, { optional: true })
  breaker?: BreakerRequest;
  @Flag({
    optional: true,
    description: "No operation of it is sent without a person's permit for exactly that operation.",
  })
  permit?: boolean;
  @Flag({ optional: true, description: 'A read that is never answered from the ledger.' })
  volatile?: boolean;
  @Flag({ optional: true, description: 'An effect that an agent may repeat on purpose.' })
  repeatable?: boolean;
}
