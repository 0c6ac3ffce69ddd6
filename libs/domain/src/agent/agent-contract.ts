import type { JsonObject } from '../json';
import type { BreakerPolicy, ResolvedContract, RetryPolicy } from '../tool-contract';
import { CONTRACT_DEFAULTS, MODEL_DEFINITE, resolveContract } from '../tool-contract';

/** What one run of an agent may use, everything under it included. */
export interface AgentBudget {
  /** Sendings of model calls. */
  readonly modelCalls: number;
  /** Sendings of tool calls. */
  readonly toolCalls: number;
  readonly tokens: number;
  readonly costUsd: number;
  /** How many agents may stand on top of each other from here on, this one counted. */
  readonly depth: number;
  /** Calls that one answer of the model may ask for. */
  readonly fanOut: number;
  readonly wallMs: number;
}
export type AgentBudgetName = keyof AgentBudget;

/** A registered agent as users write it (docs/agents.md): optional parts may be missing. */
export interface AgentContract {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** What the model is told first. */
  readonly instructions: string;
  /** A name of the configuration, never a provider's. */
  readonly model: string;
  readonly input: JsonObject;
  readonly output: JsonObject;
  /** Names, or `prefix.*`. */
  readonly tools?: readonly string[];
  readonly agents?: readonly string[];
  /** Tools that it does not call itself, but that agents it calls may. */
  readonly delegates?: readonly string[];
  /** Its model may return a plan of such calls: `muster.plan`. */
  readonly plans?: boolean;
  readonly budget?: Partial<AgentBudget>;
  /** An agent knows what it was given, and nothing from before. */
  readonly memory?: 'none';
  readonly maxOutputTokens?: number;
  readonly contextBytesMax?: number;
  /** Of one model call. */
  readonly timeoutMs?: number;
  readonly maxConcurrency?: number;
  readonly lane?: string;
  readonly retry?: Partial<RetryPolicy>;
  readonly breaker?: Partial<BreakerPolicy>;
}

/** A contract with every default filled in, as the services use it. */
export interface ResolvedAgent extends AgentContract {
  readonly hash: string;
  readonly tools: readonly string[];
  readonly agents: readonly string[];
  readonly delegates: readonly string[];
  readonly budget: Partial<AgentBudget> & Pick<AgentBudget, 'modelCalls' | 'toolCalls' | 'depth' | 'fanOut'>;
  readonly maxOutputTokens: number;
  readonly contextBytesMax: number;
  readonly timeoutMs: number;
}

/** Every loop has a bound, also where nobody thought of one. */
export const AGENT_DEFAULTS = {
  budget: { modelCalls: 20, toolCalls: 50, depth: 3, fanOut: 16 },
  maxOutputTokens: 4_096,
  contextBytesMax: 256 * 1024,
  timeoutMs: 120_000,
} as const;

/** Fills in the defaults. `hash` is the SHA-256 of the contract's canonical JSON, as stored. */
export function resolveAgent(contract: AgentContract, hash: string): ResolvedAgent {
  return {
    ...contract,
    hash,
    tools: contract.tools ?? [],
    agents: contract.agents ?? [],
    delegates: contract.delegates ?? [],
    budget: { ...AGENT_DEFAULTS.budget, ...contract.budget },
    maxOutputTokens: contract.maxOutputTokens ?? AGENT_DEFAULTS.maxOutputTokens,
    contextBytesMax: contract.contextBytesMax ?? AGENT_DEFAULTS.contextBytesMax,
    timeoutMs: contract.timeoutMs ?? AGENT_DEFAULTS.timeoutMs,
  };
}

/** What stands as the tool of an agent's model calls: no registered tool can have such a name. */
export const modelToolName = (agent: string): string => `model:${agent}`;

/** The contract of an agent's model calls: a call of class `none` under the agent's own hash, since that is what was granted. */
export function modelContractOf(agent: ResolvedAgent): ResolvedContract {
  const { version, timeoutMs, maxConcurrency, lane, retry, breaker } = agent;
  const contract = {
    name: modelToolName(agent.name),
    version,
    description: `The model of the agent ${agent.name}.`,
    transport: { type: 'model', model: agent.model },
    input: ANYTHING,
    output: ANYTHING,
    effect: 'none',
    definite: MODEL_DEFINITE,
    timeoutMs,
    maxConcurrency: maxConcurrency ?? CONTRACT_DEFAULTS.maxConcurrency,
    lane: lane ?? CONTRACT_DEFAULTS.lane,
    ...(retry && { retry }),
    ...(breaker && { breaker }),
  } as const;
  return resolveContract(contract, agent.hash);
}

const ANYTHING: JsonObject = { type: 'object' };
