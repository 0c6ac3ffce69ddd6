import type { JsonObject } from '../json';
import type { CompiledStep, Problem } from '../plan/plan';
import type { ResolvedContract } from '../tool-contract';

/** What a call of an agent is for, stored with its step. */
export type AgentCall = ModelStepCall | RequestedCall;

export interface ModelStepCall {
  readonly kind: 'model';
  /** From 1; its answer and the calls that it asks for are of the same round. */
  readonly round: number;
  /** The agents above it, from the plan's own down to the one whose model it is. */
  readonly callers: readonly string[];
  /** Of a planner that is asked again: what was wrong with its last plan. */
  readonly problems?: readonly Problem[];
}

/** A call that a model asked for. */
export interface RequestedCall {
  readonly kind: 'tool' | 'agent';
  readonly round: number;
  /** As the model named the call. */
  readonly callId: string;
  /** As the model named what it calls; perhaps nothing that exists. */
  readonly name: string;
  /** Where `subPlan` is set, a template over the outputs of the steps it needs; otherwise nothing in it is ever evaluated. */
  readonly input: JsonObject | null;
  /** SHA-256 of the canonical input: two calls are identical when name and hash are. */
  readonly hash: string;
  /** Why it was never sent; of a plan with everything that is wrong with it. */
  readonly refusal?: { readonly code: CallRefusal; readonly message: string; readonly problems?: readonly Problem[] };
  /** Key of the earlier call that answers it. */
  readonly answeredBy?: string;
  /** Of a sub-agent: the agents above it, and itself. */
  readonly callers?: readonly string[];
  /** Set for a step of a sub-plan. */
  readonly subPlan?: SubPlanStep;
}

export type CallRefusal = 'unknown_name' | 'not_granted' | 'bad_arguments' | 'bad_plan' | 'too_deep';

/**
 * What a model calls to return a plan instead of single calls. It is no tool and stands in no registry: the name is
 * reserved (contract-rules.ts).
 */
export const SUB_PLAN = 'muster.plan';

/** What makes a call of an agent a step of a sub-plan; stored with it. */
export interface SubPlanStep {
  /** As the model named it. */
  readonly id: string;
  /** Which request of the model's answer the sub-plan was, from 0. */
  readonly request: number;
  /** By the ids of the steps that it waits for, the keys of the calls whose ends those are. */
  readonly needs: Readonly<Record<string, string>>;
}

/** The n-th call of an agent, from 1. */
export const callKey = (agentKey: string, n: number): string => `${agentKey}/${n}`;

/** Which call of its agent a key names, from 1. */
export const callNumber = (key: string): number => Number(key.slice(key.lastIndexOf('/') + 1));

/** A step's own id in a plan has no '/', nor has the number of an item. */
export const isCallKey = (key: string): boolean => key.includes('/');

const PLACE_DIGITS = 5;

/** Sorts steps of one node of the plan into their order, each before those under it. Empty for the node's own step. */
export const placeUnder = (parent: string, index: number): string =>
  `${parent}${parent && '/'}${String(index).padStart(PLACE_DIGITS, '0')}`;

/** A call of an agent as a step that can be worked on like one of the plan. */
export function compiledCall(plan: CompiledStep, contract: ResolvedContract): CompiledStep {
  const {
    when: _when,
    forEach: _forEach,
    maxParallel: _most,
    check: _check,
    fallback: _one,
    fallbackOf: _of,
    ...own
  } = plan;
  return {
    ...own,
    kind: contract.transport.type === 'model' ? 'model' : 'tool',
    tool: contract.name,
    contractHash: contract.hash,
    effect: contract.effect,
    lane: contract.lane,
    needs: [],
    dependants: [],
    inputReads: [],
    gateReads: [],
    checkReads: [],
    input: {},
    onFailure: 'continue',
    timeoutMs: contract.timeoutMs,
    retry: contract.retry,
    needsVerdict: contract.probe !== undefined,
    permit: contract.permit === true,
  };
}
