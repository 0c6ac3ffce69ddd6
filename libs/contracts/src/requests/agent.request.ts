import { type JsonObject, LIMITS } from '@muster/domain';
import { Flag, JsonMap, OneOf, Quantity, Shape, Text, Texts, Whole } from '../shape/fields';
import { BreakerRequest, ToolRetryRequest } from './tool.request';

const NAME = /^[a-z0-9]+([._-][a-z0-9]+)*$/;
const GRANTS_MAX = 1_000;
const TIMEOUT_MS_MAX = 24 * 60 * 60 * 1000;
const CONTEXT_BYTES_MAX = 16 * 1024 * 1024;
const INSTRUCTIONS_LENGTH_MAX = 128 * 1024;

/** The most that one run of an agent may use, everything under it included. */
export class AgentBudgetRequest {
  @Whole({ optional: true, min: 1, description: 'Sendings of model calls. Default: 20.' })
  modelCalls?: number;
  @Whole({ optional: true, min: 0, description: 'Sendings of tool calls. Default: 50.' })
  toolCalls?: number;
  @Whole({ optional: true, min: 0 })
  tokens?: number;
  @Quantity({ optional: true, min: 0 })
  costUsd?: number;
  @Whole({
    optional: true,
    min: 1,
    max: LIMITS.AGENT_DEPTH_MAX,
    description: 'Agents on top of each other, this one counted. Default: 3.',
  })
  depth?: number;
  @Whole({
    optional: true,
    min: 1,
    max: LIMITS.AGENT_FAN_OUT_MAX,
    description: 'Calls that one answer of the model may ask for. Default: 16.',
  })
  fanOut?: number;
  @Whole({ optional: true, min: 1 })
  wallMs?: number;
}

/** The body of `PUT /v1/agents/{name}`: a model with instructions, and what it may call. */
export class AgentRequest {
  @Text({ min: 1, max: LIMITS.NAME_LENGTH_MAX, pattern: NAME, example: 'researcher' })
  name: string;
  @Text({ min: 1, max: LIMITS.NAME_LENGTH_MAX, pattern: /^[\w.+-]+$/, example: '1' })
  version: string;
  @Text({ max: 4_096, description: 'What other agents and people are told of it.' })
  description: string;
  @Text({ min: 1, max: INSTRUCTIONS_LENGTH_MAX, description: 'What its model is told first.' })
  instructions: string;
  @Text({ min: 1, max: LIMITS.NAME_LENGTH_MAX, pattern: NAME, description: 'A name of MODELS.', example: 'fast' })
  model: string;
  @JsonMap({ description: 'JSON Schema 2020-12.' })
  input: JsonObject;
  @JsonMap({ description: 'JSON Schema 2020-12 of its final answer.' })
  output: JsonObject;
  @Texts({ optional: true, itemsMax: GRANTS_MAX, description: 'Tools it may call: names, or `prefix.*`.' })
  tools?: string[];
  @Texts({ optional: true, itemsMax: GRANTS_MAX, description: 'Agents it may call: names, or `prefix.*`.' })
  agents?: string[];
  @Texts({
    optional: true,
    itemsMax: GRANTS_MAX,
    description: 'Tools that it does not call itself, but that agents it calls may: names, or `prefix.*`.',
  })
  delegates?: string[];
  @Flag({ optional: true, description: 'Its model may return a plan of such calls, held to the rules of every plan.' })
  plans?: boolean;
  @Shape(() => AgentBudgetRequest, { optional: true })
  budget?: AgentBudgetRequest;
  @OneOf(['none'], { optional: true, description: 'It knows what it was given, and nothing from before.' })
  memory?: 'none';
  @Whole({ optional: true, min: 1, max: 1_000_000, description: 'Of one answer. Default: 4096.' })
  maxOutputTokens?: number;
  @Whole({ optional: true, min: 1_000, max: CONTEXT_BYTES_MAX, description: 'What one model call may see.' })
  contextBytesMax?: number;
  @Whole({ optional: true, min: 1, max: TIMEOUT_MS_MAX, description: 'Of one model call. Default: 120000.' })
  timeoutMs?: number;
  @Whole({ optional: true, min: 1, max: 100_000, description: 'Calls of its model at the same time, by one executor.' })
  maxConcurrency?: number;
  @Text({ optional: true, max: LIMITS.NAME_LENGTH_MAX, pattern: NAME })
  lane?: string;
  @Shape(() => ToolRetryRequest, { optional: true, description: 'Of its model calls.' })
  retry?: ToolRetryRequest;
  @Shape(() => BreakerRequest, { optional: true })
  breaker?: BreakerRequest;
}
