import { hashJson } from '../canonical-json';
import type { JsonObject, JsonValue } from '../json';
import type { PlanDocument, Problem, StepDocument } from '../plan/plan';
import { APPROVAL } from '../plan/plan';
import type { ResolvedContract, ToolContract } from '../tool-contract';
import { resolveContract } from '../tool-contract';

/** No registered name has a colon, so that nobody can register another one under this. */
export const APPROVAL_CONTRACT: ToolContract = {
  name: APPROVAL,
  version: '1',
  description: 'Asks a person.',
  transport: { type: 'builtin', name: APPROVAL },
  input: {
    type: 'object',
    properties: { ask: { type: 'string', minLength: 1 }, about: { type: 'object' } },
    required: ['ask'],
  },
  output: { type: 'object', properties: { approved: { const: true } }, required: ['approved'] },
  effect: 'none',
  permit: true,
};
const RESOLVED = resolveContract(APPROVAL_CONTRACT, hashJson(APPROVAL_CONTRACT as unknown as JsonValue));

/** The contracts that a plan can be made of: what is registered, and what stands behind `approval`. */
export const withApproval = (
  { steps }: PlanDocument,
  contracts: ReadonlyMap<string, ResolvedContract>,
): ReadonlyMap<string, ResolvedContract> =>
  steps.some(({ approval }) => approval !== undefined) ? new Map([...contracts, [APPROVAL, RESOLVED]]) : contracts;

/** What a person is asked, and about what: the exact input of the operation that a permit binds. */
export const approvalInput = ({ approval = '', input }: StepDocument): JsonObject => ({
  ask: approval,
  ...(input === undefined ? {} : { about: input }),
});

/** Where a part of that input stands in the step as it was written. */
export const approvalPointer = (pointer: string): string =>
  pointer.replace(/\/input\/ask$/, '/approval').replace(/\/input\/about(?=\/|$)/, '/input');

const NOT_FOR_APPROVAL = ['check', 'retry', 'timeoutMs', 'permit'] as const;

/** What says something of a call stands in no step that only asks. */
export function approvalProblems(step: StepDocument, pointer: string): Problem[] {
  if (step.approval === undefined) return [];
  const also = (['tool', 'agent', 'skill'] as const).find((name) => step[name] !== undefined);
  if (also !== undefined) {
    const message = `A step names a ${also} or asks for an approval, not both.`;
    return [{ pointer: `${pointer}/approval`, code: 'contradiction', message }];
  }
  if (step.approval.trim() === '') {
    return [{ pointer: `${pointer}/approval`, code: 'required', message: 'Say what a person is asked.' }];
  }
  return NOT_FOR_APPROVAL.filter((name) => step[name] !== undefined).map((name) => ({
    pointer: `${pointer}/${name}`,
    code: 'not_for_approval',
    message: `'${name}' belongs to a step that calls something; this one asks a person.`,
  }));
}

/** The step of a supervised plan that comes before all others; of a later revision before all that are new in it. */
export const planApprovalId = (revision: number): string =>
  revision === 1 ? 'approve-plan' : `approve-plan-${revision}`;

/** The plan with a person's approval before everything else. What is approved is this plan and no other, by its hash. */
export function supervised(document: PlanDocument, revision = 1): PlanDocument {
  const id = planApprovalId(revision);
  const count = document.steps.length === 1 ? '1 step' : `${document.steps.length} steps`;
  const input = { plan: hashJson(document as unknown as JsonValue) };
  const approval: StepDocument = { id, approval: `Shall this plan run? It has ${count}.`, input };
  const steps = document.steps.map((step) => ({ ...step, needs: [id, ...(step.needs ?? [])] }));
  return { ...document, steps: [approval, ...steps] };
}
