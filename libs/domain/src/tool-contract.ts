import type { JsonObject, JsonValue } from './json';

/** What a tool does to the world; the retry rule follows from it and cannot be configured (docs/guarantees.md, G5). */
export const EFFECT_CLASSES = ['none', 'transactional', 'keyed', 'probed', 'opaque'] as const;
export type EffectClass = (typeof EFFECT_CLASSES)[number];

export interface HttpTransport {
  readonly type: 'http';
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
}
/**
 * An allow-listed program, run without a shell; the input is its stdin, as JSON. An element after the first may hold
 * `{input.name}`: the scalar member of the input stands there, and the element stays one argument. A value that begins
 * with `-` is refused where it would begin an argument, unless a literal `--` stands before it.
 */
export interface ProcessTransport {
  readonly type: 'process';
  readonly argv: readonly string[];
  /** `json` (default): stdout is the output. `text`: the output is `{ text }`. `lines`: it is `{ lines: [...] }`. */
  readonly output?: 'json' | 'text' | 'lines';
  /** Absolute; the default is the machine's directory for temporary files. */
  readonly cwd?: string;
}
/** An adapter that ships with the executor. */
export interface BuiltinTransport {
  readonly type: 'builtin';
  readonly name: string;
}
/** A function of the operator's modules, called in the executor's own process (EXECUTOR_FUNCTIONS, docs/functions.md). */
export interface FunctionTransport {
  readonly type: 'function';
  /** As its module names it; the default is the tool's own name. */
  readonly name?: string;
}
/** A configured model. Only the contracts of agents and of the planner lead here: nobody registers one as a tool. */
export interface ModelTransport {
  readonly type: 'model';
  /** A name of MODELS, never a provider's. */
  readonly model: string;
}
/** What an MCP server said of a tool when a person registered it; SHA-256 of the canonical JSON, lower-case hex. */
export interface McpPin {
  readonly input: string;
  /** Missing where the tool had no output schema. */
  readonly output?: string;
}
/** A tool of an MCP server. Which servers there are, and how they are reached, is the operator's word (MCP_SERVERS). */
export interface McpTransport {
  readonly type: 'mcp';
  readonly server: string;
  /** As the server names it. */
  readonly tool: string;
  /** A server that lists other schemas than these is not called. */
  readonly pin: McpPin;
}
export type Transport =
  | HttpTransport
  | ProcessTransport
  | BuiltinTransport
  | McpTransport
  | FunctionTransport
  | ModelTransport;

export interface ProbeContract {
  readonly method: 'GET' | 'POST';
  /** `{operationId}` is replaced by the operation's id. */
  readonly url: string;
  /** CEL over `response.status` and `response.body`: true when the operation happened. */
  readonly happened: string;
  /** CEL over the same: the operation's output when it happened. */
  readonly output?: string;
  /** The contract's word that a request whose connection is closed cannot take effect later than this. */
  readonly absentAfterMs?: number;
  readonly timeoutMs?: number;
}

export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

export interface BreakerPolicy {
  readonly errorThresholdPercentage: number;
  readonly volumeThreshold: number;
  readonly resetTimeoutMs: number;
}

/** A registered contract as users write it (api.md): optional parts may be missing. */
export interface ToolContract {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly transport: Transport;
  readonly input: JsonObject;
  readonly output: JsonObject;
  readonly effect: EffectClass;
  readonly dedupeWindowMs?: number;
  readonly definite?: { readonly rejected?: readonly number[]; readonly notDone?: readonly number[] };
  readonly probe?: ProbeContract;
  /**
   * What a call changes, as texts that name it: `ticket/${{ input.id }}`. Two calls of a plan that may run at the same
   * time never name the same. Left out: nothing is said, and nothing is held against it.
   */
  readonly writes?: readonly string[];
  readonly compensate?: { readonly tool: string; readonly input: JsonValue };
  readonly timeoutMs?: number;
  readonly maxConcurrency?: number;
  readonly lane?: string;
  readonly retry?: Partial<RetryPolicy>;
  readonly breaker?: Partial<BreakerPolicy>;
  /** No operation of it is sent without a person's permit for exactly that operation. */
  readonly permit?: boolean;
  readonly volatile?: boolean;
  readonly repeatable?: boolean;
}

/** A contract with every default filled in, as the services use it. */
export interface ResolvedContract extends ToolContract {
  readonly hash: string;
  readonly definite: { readonly rejected: readonly number[]; readonly notDone: readonly number[] };
  readonly timeoutMs: number;
  readonly maxConcurrency: number;
  readonly lane: string;
  readonly retry: RetryPolicy;
  readonly breaker: BreakerPolicy;
}

export const CONTRACT_DEFAULTS = {
  timeoutMs: 30_000,
  maxConcurrency: 64,
  lane: 'default',
  retry: { maxAttempts: 5, backoffMs: 200, maxBackoffMs: 30_000 },
  breaker: { errorThresholdPercentage: 50, volumeThreshold: 10, resetTimeoutMs: 10_000 },
  probeTimeoutMs: 5_000,
} as const;

/** Answers of a model's server that are no refusal: too slow, in conflict, too early. The same request may pass later. */
const NO_REFUSALS: readonly number[] = [408, 409, 425, 429];
const TOO_MANY_REQUESTS = 429;

/** `definite` of every contract over a model: of any provider, a 4xx means that nothing was generated. */
export const MODEL_DEFINITE: { readonly rejected: readonly number[]; readonly notDone: readonly number[] } = {
  rejected: Array.from({ length: 100 }, (_, i) => 400 + i).filter((status) => !NO_REFUSALS.includes(status)),
  notDone: [TOO_MANY_REQUESTS],
};

/** Fills in the defaults. `hash` is the SHA-256 of the contract's canonical JSON, as stored. */
export function resolveContract(contract: ToolContract, hash: string): ResolvedContract {
  return {
    ...contract,
    hash,
    definite: { rejected: contract.definite?.rejected ?? [], notDone: contract.definite?.notDone ?? [] },
    timeoutMs: contract.timeoutMs ?? CONTRACT_DEFAULTS.timeoutMs,
    maxConcurrency: contract.maxConcurrency ?? CONTRACT_DEFAULTS.maxConcurrency,
    lane: contract.lane ?? CONTRACT_DEFAULTS.lane,
    retry: { ...CONTRACT_DEFAULTS.retry, ...contract.retry },
    breaker: { ...CONTRACT_DEFAULTS.breaker, ...contract.breaker },
  };
}
