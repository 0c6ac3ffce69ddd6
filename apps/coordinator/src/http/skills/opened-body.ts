import { type InputProblem, shapeProblems, TaskRequest } from '@muster/contracts';
import {
  type Inlined,
  inlineSkills,
  isJsonObject,
  type JsonObject,
  type PlanDocument,
  type Problem,
  parameterProblems,
  problemAtOrigin,
  type SkillContract,
  type Skills,
  skillRef,
} from '@muster/domain';

/** The body of a task with the steps of its skills in their places. */
export interface OpenedBody {
  readonly body: JsonObject;
  /** What is wrong with the skills it names and what it gives them. */
  readonly problems: readonly Problem[];
  /** The skill that the task was asked for by name. */
  readonly skill?: string;
  /** Says of a problem of `body` where it stands in the body that was sent. */
  toSent(problem: Problem): Problem;
}

const asSent = (problem: Problem): Problem => problem;

/** A body that names no skill, or whose plan has not even the shape of one: other rules say so. */
export const unopened = (body: JsonObject): OpenedBody => ({ body, problems: [], toSent: asSent });

/** Whether the body's own plan can be read. */
export const hasSoundPlan = (body: JsonObject): boolean =>
  isJsonObject(body.plan) &&
  shapeProblems(TaskRequest, body).every(({ pointer }: InputProblem) => !/^\/plan\b/.test(pointer));

/** A task that asks for a skill: its plan is the skill's, its input the parameters. */
export function openSkillTask(sent: JsonObject, skill: SkillContract, skills: Skills): OpenedBody {
  const { skill: _name, ...rest } = sent;
  const inlined = inlineSkills(skill.plan, skills);
  return {
    body: { ...rest, plan: inlined.document as unknown as JsonObject },
    problems: [...parameterProblems(skill, sent.input), ...inlined.problems.map((problem) => inSkill(problem, skill))],
    skill: skillRef(skill),
    toSent: (problem) => inSkill(problemAtOrigin(problem, inlined), skill),
  };
}

function inSkill(problem: Problem, skill: SkillContract): Problem {
  if (!/^\/plan\b/.test(problem.pointer)) return problem;
  const message = `In skill '${skillRef(skill)}', at ${problem.pointer}: ${problem.message}`;
  return { ...problem, pointer: '/skill', message };
}

/** A plan whose steps name skills. */
export function openPlan(sent: JsonObject, skills: Skills): OpenedBody {
  const inlined: Inlined = inlineSkills(sent.plan as unknown as PlanDocument, skills);
  return {
    body: { ...sent, plan: inlined.document as unknown as JsonObject },
    problems: inlined.problems,
    toSent: (problem) => problemAtOrigin(problem, inlined),
  };
}
