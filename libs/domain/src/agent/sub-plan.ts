import { checkTemplate } from '../expression/template';
import type { JsonObject, JsonValue } from '../json';
import { isJsonObject } from '../json';
import { childPointer } from '../json-pointer';
import { schemaOf } from '../json-schema';
import type { Callable } from '../plan/path-types';
import type { PlanDocument, Problem, StepDocument } from '../plan/plan';
import { calleeOf } from '../plan/plan';
import type { PlanVerdict } from '../plan/plan-rules';
import { compilePlan } from '../plan/plan-rules';
import { SUB_PLAN } from './agent-call';

const STEP_MEMBERS: readonly string[] = ['id', 'tool', 'agent', 'input', 'needs'];

const STEP: JsonObject = {
  type: 'object',
  properties: {
    id: { type: 'string', description: 'A name of your own for this step: letters, digits and _.' },
    tool: { type: 'string', description: 'The tool to call. Of tool and agent a step names one.' },
    agent: { type: 'string', description: 'The agent to call.' },
    input: {
      type: 'object',
      description: 'What it is called with. "${{ steps.<id>.output }}" in it stands for what another step came to.',
    },
    needs: {
      type: 'array',
      items: { type: 'string' },
      description: 'Ids of steps to wait for that input does not name.',
    },
  },
  required: ['id'],
  additionalProperties: false,
};

/** What a model is told of it. */
export const SUB_PLAN_FUNCTION: { readonly name: string; readonly description: string; readonly input: JsonObject } = {
  name: SUB_PLAN,
  description:
    'Runs several of your tools and agents as one plan. Steps that do not need each other run at the same time; a step begins when all that it needs have succeeded, and is skipped when one of them has not. You are told what each step came to.',
  input: {
    type: 'object',
    properties: { steps: { type: 'array', items: STEP, minItems: 1 } },
    required: ['steps'],
    additionalProperties: false,
  },
};

/** What an agent may call, and whether a name stands for anything in its task at all. */
export interface SubPlanGrants extends Callable {
  isKnown(name: string): boolean;
}

/**
 * Holds a model's sub-plan to the rules of every plan, against what its agent may call. A step of it has what a call is
 * made of, and nothing else; its expressions read the steps beside it alone.
 */
export function checkSubPlan(given: JsonObject, grants: SubPlanGrants, stepsMax: number): PlanVerdict {
  const shape = shapeProblems(given);
  if (shape.length > 0) return { ok: false, problems: shape };
  const document = given as unknown as PlanDocument;
  const { tools, agents } = grants;
  const verdict = compilePlan(document, tools, { agents, pointer: '', stepsMax });
  const compiled = verdict.ok ? [] : verdict.problems.map((problem) => ofGrants(problem, document, grants));
  if (compiled.some(({ code }) => code === 'too_many_steps')) return { ok: false, problems: compiled };
  // Those of the rules know the task's input, which is not a sub-plan's to read.
  const problems = [...compiled.filter(({ code }) => code !== 'bad_expression'), ...expressionProblems(document)];
  return problems.length > 0 ? { ok: false, problems } : verdict;
}

function shapeProblems(given: JsonObject): Problem[] {
  const steps: readonly JsonValue[] = Array.isArray(given.steps) ? given.steps : [];
  const others = schemaOf(SUB_PLAN_FUNCTION.input)
    .violationsOf(given)
    .filter(({ keyword }) => keyword !== 'additionalProperties')
    .map(({ pointer, message }) => ({ pointer, code: 'bad_shape', message: `This ${message}.` }));
  return [
    ...unknownMembers(given, ['steps'], '', 'A sub-plan has steps and nothing else'),
    ...steps.flatMap((step, i) => stepShapeProblems(step, `/steps/${i}`)),
    ...others,
  ];
}

function stepShapeProblems(step: JsonValue, pointer: string): Problem[] {
  if (!isJsonObject(step)) return [];
  const isCall = step.tool !== undefined || step.agent !== undefined;
  const message = 'A step names a tool or an agent.';
  return [
    ...unknownMembers(step, STEP_MEMBERS, pointer, `A step of a sub-plan has ${STEP_MEMBERS.join(', ')}`),
    ...(isCall ? [] : [{ pointer, code: 'required', message }]),
  ];
}

const unknownMembers = (value: JsonObject, known: readonly string[], pointer: string, rule: string): Problem[] =>
  Object.keys(value)
    .filter((member) => !known.includes(member))
    .map((member) => ({
      pointer: childPointer(pointer, member),
      code: 'unknown_field',
      message: `${rule}; leave '${member}' out.`,
    }));

const expressionProblems = ({ steps }: PlanDocument): Problem[] =>
  steps.flatMap(({ input = {} }, i) => [...checkTemplate(input, ['steps'], `/steps/${i}/input`).problems]);

/** To its rules only what is granted exists. */
function ofGrants(problem: Problem, { steps }: PlanDocument, { isKnown }: SubPlanGrants): Problem {
  if (problem.code !== 'unknown_tool' && problem.code !== 'unknown_agent') return problem;
  const step: StepDocument | undefined = steps[Number(problem.pointer.split('/')[2])];
  const name = step ? calleeOf(step) : '';
  if (!isKnown(name)) return problem;
  const entity = problem.code === 'unknown_tool' ? 'a tool' : 'an agent';
  return { ...problem, code: 'not_granted', message: `'${name}' is not granted to this agent as ${entity}.` };
}
