import { hashJson } from '../canonical-json';
import { Fault } from '../fault';
import type { JsonValue } from '../json';
import type { ResolvedContract } from '../tool-contract';
import type { CompiledPlan, CompiledStep, ContractPins, OnFailure, PlanBody, PlanDocument } from './plan';
import type { PlanGraph } from './plan-graph';
import { graphOf, indicesOf } from './plan-graph';
import type { PlanReading, StepReading } from './plan-reading';
import { itemNameOf, readPlan } from './plan-reading';

/** A stored plan names a contract that its reader was not given. */
export class ContractMissingFault extends Fault {
  readonly code = 'CONTRACT_MISSING';
  readonly retryable = false;
  constructor(tool: string) {
    super(`The plan pins a contract of '${tool}' that was not loaded.`, 'Load every contract the plan pins.');
  }
}

/** Fixes which contract each tool name of a plan stands for. */
export function pinContracts(
  document: PlanDocument,
  contracts: ReadonlyMap<string, Pick<ResolvedContract, 'version' | 'hash'>>,
): ContractPins {
  const names = [...new Set(document.steps.map((step) => step.tool))].sort();
  return Object.fromEntries(names.map((name) => [name, pinOf(name, contracts.get(name))]));
}

function pinOf(name: string, contract?: Pick<ResolvedContract, 'version' | 'hash'>) {
  if (!contract) throw new ContractMissingFault(name);
  return { version: contract.version, hash: contract.hash };
}

/**
 * Compiles a plan that was accepted before; the rules are not run again. Gives exactly what its acceptance gave.
 * Throws ContractMissingFault where a pinned contract is not among `contractsByHash`.
 */
export function compilePlanBody(body: PlanBody, contractsByHash: ReadonlyMap<string, ResolvedContract>): CompiledPlan {
  const reading = readPlan(body.document, '');
  return buildPlan(body, reading, graphOf(reading), contractsByHash);
}

/** Puts together what reading and graph have found out. */
export function buildPlan(
  body: PlanBody,
  reading: PlanReading,
  graph: PlanGraph,
  contractsByHash: ReadonlyMap<string, ResolvedContract>,
): CompiledPlan {
  const { document } = body;
  const contractOf = (tool: string) => contractsByHash.get(pinOfTool(body.pins, tool) ?? '');
  return {
    hash: hashJson(body as unknown as JsonValue),
    body,
    steps: reading.steps.map((step, i) => buildStep(step, i, graph, contractOf(step.step.tool))),
    indexOf: graph.indexOf,
    completion: document.completion ?? [],
    ...(document.output === undefined ? {} : { output: document.output }),
    outputReads: indicesOf(reading.output, graph.indexOf),
    completionReads: indicesOf(reading.completion, graph.indexOf),
  };
}

const pinOfTool = (pins: ContractPins, tool: string): string | undefined =>
  Object.hasOwn(pins, tool) ? pins[tool]?.hash : undefined;

function buildStep(reading: StepReading, index: number, graph: PlanGraph, contract?: ResolvedContract): CompiledStep {
  const { step } = reading;
  if (!contract) throw new ContractMissingFault(step.tool);
  return {
    index,
    key: step.id,
    tool: step.tool,
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
    input: step.input ?? {},
    onFailure: onFailureOf(step.onFailure),
    timeoutMs: step.timeoutMs ?? contract.timeoutMs,
    retry: { ...contract.retry, ...defined(step.retry ?? {}) },
    needsVerdict: step.check !== undefined || contract.probe !== undefined,
  };
}

/** A step without one goes by its task's alone. */
const PRIORITY_DEFAULT = 0;

const onFailureOf = (onFailure: OnFailure | undefined): CompiledStep['onFailure'] =>
  typeof onFailure === 'object' ? 'fallback' : (onFailure ?? 'fail');

const defined = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
