import type { ResolvedAgent } from '../agent/agent-contract';
import { modelContractOf } from '../agent/agent-contract';
import { closureOf } from '../agent/agent-grants';
import { hashJson } from '../canonical-json';
import { Fault } from '../fault';
import type { JsonValue } from '../json';
import type { ResolvedContract } from '../tool-contract';
import type { CompiledPlan, CompiledStep, ContractPins, OnFailure, PlanBody, PlanDocument, StepDocument } from './plan';
import { calleeOf, PLANNER, PLANNING_INDEX, PLANNING_STEP } from './plan';
import type { PlanGraph } from './plan-graph';
import { graphOf, indicesOf } from './plan-graph';
import type { PlanReading, StepReading } from './plan-reading';
import { inputOf, itemNameOf, readPlan } from './plan-reading';

/** A stored plan names a contract that its reader was not given. */
export class ContractMissingFault extends Fault {
  readonly code = 'CONTRACT_MISSING';
  readonly retryable = false;
  constructor(tool: string) {
    super(`The plan pins a contract of '${tool}' that was not loaded.`, 'Load every contract the plan pins.');
  }
}

type Pinned = Pick<ResolvedContract, 'version' | 'hash'>;

/** Fixes which contract each name stands for. */
export const pinNames = (names: readonly string[], contracts: ReadonlyMap<string, Pinned>): ContractPins =>
  Object.fromEntries(names.map((name) => [name, pinOf(name, contracts.get(name))]));

/** Fixes which contracts the names of a plan stand for, its agents' tools and their agents among them. */
export function pinContracts(
  document: PlanDocument,
  contracts: ReadonlyMap<string, Pinned>,
  agents: ReadonlyMap<string, ResolvedAgent> = new Map(),
  grants?: readonly string[],
): Pick<PlanBody, 'pins' | 'agents'> {
  const closure = closureOf(document, contracts.keys(), agents, grants);
  const pins = pinNames(closure.tools, contracts);
  return closure.agents.length === 0 ? { pins } : { pins, agents: pinNames(closure.agents, agents) };
}

function pinOf(name: string, contract?: Pinned) {
  if (!contract) throw new ContractMissingFault(name);
  return { version: contract.version, hash: contract.hash };
}

/**
 * Compiles a plan that was accepted before; the rules are not run again. Gives exactly what its acceptance gave.
 * Throws ContractMissingFault where a pinned contract is not among `contractsByHash`.
 */
export function compilePlanBody(
  body: PlanBody,
  contractsByHash: ReadonlyMap<string, ResolvedContract>,
  agentsByHash: ReadonlyMap<string, ResolvedAgent> = new Map(),
): CompiledPlan {
  const reading = withoutRetired(readPlan(body.document, ''), body.retired ?? []);
  return buildPlan(body, reading, graphOf(reading), contractsByHash, agentsByHash);
}

/** A step that is no more keeps its place, so that the others keep theirs, and nobody waits for it, nor it for anybody. */
function withoutRetired(reading: PlanReading, retired: readonly number[]): PlanReading {
  if (retired.length === 0) return reading;
  const gone = new Set(retired);
  const steps = reading.steps.map((step, index) => (gone.has(index) ? retiredReading(step) : step));
  return { ...reading, steps };
}

function retiredReading({ step, pointer }: StepReading): StepReading {
  const { needs: _needs, when: _when, forEach: _list, check: _check, onFailure: _then, ...own } = step;
  const nothing = new Map<string, string>();
  const uses = { input: [], gate: [], check: [] };
  return { step: own, pointer, input: nothing, gate: nothing, check: nothing, uses, problems: [] };
}

/** Puts together what reading and graph have found out. */
export function buildPlan(
  body: PlanBody,
  reading: PlanReading,
  graph: PlanGraph,
  contractsByHash: ReadonlyMap<string, ResolvedContract>,
  agentsByHash: ReadonlyMap<string, ResolvedAgent>,
): CompiledPlan {
  const { document } = body;
  const agents = pinnedAgents(body, agentsByHash);
  const contractOf = (step: StepDocument) => {
    if (step.agent === undefined) return contractsByHash.get(pinOfTool(body.pins, calleeOf(step)) ?? '');
    return agents.has(step.agent) ? modelContractOf(agents.get(step.agent)!) : undefined;
  };
  return {
    hash: hashJson(body as unknown as JsonValue),
    body,
    steps: reading.steps.map((step, i) => buildStep(step, i, graph, contractOf(step.step))),
    indexOf: graph.indexOf,
    ...(agents.has(PLANNER) && { planner: plannerStep(agents.get(PLANNER)!) }),
    agents,
    completion: document.completion ?? [],
    ...(document.output === undefined ? {} : { output: document.output }),
    outputReads: indicesOf(reading.output, graph.indexOf),
    completionReads: indicesOf(reading.completion, graph.indexOf),
  };
}

function pinnedAgents(
  { agents = {} }: PlanBody,
  byHash: ReadonlyMap<string, ResolvedAgent>,
): Map<string, ResolvedAgent> {
  const names = Object.keys(agents).sort();
  return new Map(
    names.map((name) => {
      const agent = byHash.get(agents[name]!.hash);
      if (!agent) throw new ContractMissingFault(name);
      return [name, agent];
    }),
  );
}

function plannerStep(planner: ResolvedAgent): CompiledStep {
  const reading = readPlan({ steps: [{ id: PLANNING_STEP, agent: PLANNER }] }, '');
  return { ...buildStep(reading.steps[0]!, 0, graphOf(reading), modelContractOf(planner)), index: PLANNING_INDEX };
}

const pinOfTool = (pins: ContractPins, tool: string): string | undefined =>
  Object.hasOwn(pins, tool) ? pins[tool]?.hash : undefined;

function buildStep(reading: StepReading, index: number, graph: PlanGraph, contract?: ResolvedContract): CompiledStep {
  const { step } = reading;
  if (!contract) throw new ContractMissingFault(calleeOf(step));
  return {
    index,
    key: step.id,
    kind: step.agent === undefined ? 'tool' : 'agent',
    tool: calleeOf(step),
    contractHash: contract.hash,
    effect: contract.effect,
    lane: contract.lane,
    priority: step.priority ?? PRIORITY_DEFAULT,
    needs: graph.needs[index]!,
    dependants: graph.dependants[index]!,
    inputReads: indicesOf(reading.input, graph.indexOf),
    gateReads: indicesOf(reading.gate, graph.indexOf),
    checkReads: indicesOf(reading.check, graph.indexOf),
    ...defined({ when: step.when, forEach: step.forEach, maxParallel: step.maxParallel, check: step.check }),
    ...defined({ fallback: graph.fallback[index], fallbackOf: graph.fallbackOf[index] }),
    as: itemNameOf(step),
    input: inputOf(step),
    onFailure: onFailureOf(step.onFailure),
    timeoutMs: step.timeoutMs ?? contract.timeoutMs,
    retry: { ...contract.retry, ...defined(step.retry ?? {}) },
    needsVerdict: step.check !== undefined || contract.probe !== undefined,
    permit: step.permit === true || contract.permit === true,
  };
}

/** A step without one goes by its task's alone. */
const PRIORITY_DEFAULT = 0;

const onFailureOf = (onFailure: OnFailure | undefined): CompiledStep['onFailure'] =>
  typeof onFailure === 'object' ? 'fallback' : (onFailure ?? 'fail');

const defined = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
