import type { JsonObject, JsonValue } from '../json';
import { isJsonObject } from '../json';
import { schemaOf } from '../json-schema';
import type { PlanDocument, Problem } from '../plan/plan';

const text: JsonObject = { type: 'string' };
const texts: JsonObject = { type: 'array', items: text };
const count: JsonObject = { type: 'integer', minimum: 0 };

/** What a model may say of one step: what a person may, but for priorities. */
const STEP: JsonObject = {
  type: 'object',
  properties: {
    id: text,
    tool: text,
    agent: text,
    approval: text,
    permit: { type: 'boolean' },
    needs: texts,
    when: text,
    forEach: text,
    as: text,
    maxParallel: count,
    input: { type: 'object' },
    check: text,
    onFailure: {
      anyOf: [
        { enum: ['fail', 'continue'] },
        { type: 'object', properties: { fallback: text }, required: ['fallback'], additionalProperties: false },
      ],
    },
    timeoutMs: count,
  },
  required: ['id'],
  additionalProperties: false,
};

/** The answer of a planner: a plan, or why there can be none. */
export const PROPOSAL_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    steps: { type: 'array', items: STEP },
    completion: texts,
    output: {},
    refusal: { type: 'string', minLength: 1, description: 'Why no plan can reach the goal with what is granted.' },
  },
  additionalProperties: false,
};

export type Proposal =
  | { readonly kind: 'plan'; readonly document: PlanDocument }
  | { readonly kind: 'refusal'; readonly reason: string }
  | { readonly kind: 'unusable'; readonly problems: readonly Problem[] };

/** What a model's answer holds: `output` is the JSON in it, `problem` why there is none. */
export interface PlannerAnswer {
  readonly output: JsonValue;
  readonly problem?: string;
  readonly toolCalls?: readonly unknown[];
}

/** Reads a planner's answer as far as its shape goes; whether the plan is a good one is for the rules of plans. Pure. */
export function readProposal({ output, problem, toolCalls = [] }: PlannerAnswer): Proposal {
  if (toolCalls.length > 0) return unusable('', 'tool_call', 'A planner calls nothing: put the call into the plan.');
  if (problem !== undefined) return unusable('', 'no_json', problem);
  const violations = schemaOf(PROPOSAL_SCHEMA).violationsOf(output);
  if (violations.length > 0) {
    const problems = violations.map(({ pointer, message }) => ({
      pointer,
      code: 'bad_shape',
      message: `This ${message}.`,
    }));
    return { kind: 'unusable', problems };
  }
  const { steps, refusal, ...ends } = isJsonObject(output) ? output : {};
  const hasSteps = Array.isArray(steps) && steps.length > 0;
  if (typeof refusal === 'string' && hasSteps) {
    return unusable('/refusal', 'contradiction', 'Answer with steps or with a refusal, not with both.');
  }
  if (typeof refusal === 'string') return { kind: 'refusal', reason: refusal };
  if (!hasSteps) return unusable('/steps', 'empty_plan', 'A plan has at least one step.');
  return { kind: 'plan', document: { ...ends, steps } as unknown as PlanDocument };
}

const unusable = (pointer: string, code: string, message: string): Proposal => ({
  kind: 'unusable',
  problems: [{ pointer, code, message }],
});
