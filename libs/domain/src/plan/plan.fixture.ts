import type { ResolvedContract, ToolContract } from '../tool-contract';
import { resolveContract } from '../tool-contract';
import type { CompiledPlan, PlanDocument, StepDocument } from './plan';
import type { PlanOptions } from './plan-rules';
import { compilePlan } from './plan-rules';

/** A registered contract that takes and gives any object. */
function aContract(name: string, changes: Partial<ToolContract> = {}): ResolvedContract {
  const contract: ToolContract = {
    name,
    version: '1',
    description: `The tool ${name}.`,
    transport: { type: 'builtin', name },
    input: { type: 'object' },
    output: { type: 'object' },
    effect: 'none',
    ...changes,
  };
  return resolveContract(contract, `hash of ${name}`);
}

const shelfOf = (...contracts: readonly ResolvedContract[]): ReadonlyMap<string, ResolvedContract> =>
  new Map(contracts.map((contract) => [contract.name, contract]));

export const SHELF = shelfOf(
  aContract('echo'),
  aContract('mail.send', { effect: 'opaque', lane: 'slow' }),
  aContract('tickets.create', {
    effect: 'keyed',
    dedupeWindowMs: 1_000,
    input: {
      type: 'object',
      properties: { title: { type: 'string' }, count: { type: 'integer', minimum: 1 }, tags: { type: 'array' } },
      required: ['title'],
      additionalProperties: false,
    },
  }),
  aContract('tickets.find', {
    effect: 'probed',
    probe: { method: 'GET', url: 'http://127.0.0.1/{operationId}', happened: 'response.status == 200' },
  }),
);

export const aStep = (id: string, changes: Partial<StepDocument> = {}): StepDocument => ({
  id,
  tool: 'echo',
  ...changes,
});

export const aPlan = (...steps: readonly StepDocument[]): PlanDocument => ({ steps });

export function compiled(document: PlanDocument, options: PlanOptions = {}): CompiledPlan {
  const verdict = compilePlan(document, SHELF, options);
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problems));
  return verdict.plan;
}

export function problemsOf(document: PlanDocument, options: PlanOptions = {}) {
  const verdict = compilePlan(document, SHELF, options);
  return verdict.ok ? [] : verdict.problems;
}
