import { type InputProblem, shapeProblems, TaskRequest, UNKNOWN_FIELD } from '@muster/contracts';
import { isJsonObject, type JsonObject, type JsonValue, type Problem } from '@muster/domain';

/** What is wrong with the body of a task, its plan's shape among it, but for the rules of plans. Pure. */
export function taskProblems(body: JsonObject, now: Date): Problem[] {
  return [
    ...shapeProblems(TaskRequest, body),
    ...kindProblems(body),
    ...deadlineProblems(body.deadlineAt, now),
    ...strategyProblems(body),
    ...unavailableProblems(body),
  ];
}

/** Whether the rules of plans can be asked: what they go by has the right shape, unknown fields aside. */
export function isReadable(body: JsonObject, problems: readonly InputProblem[]): boolean {
  const isOfShape = problems.every(({ pointer, code }) => HARMLESS.has(code) || !READ_BY_RULES.test(pointer));
  if (!isOfShape || !isJsonObject(body.plan) || !Array.isArray(body.plan.steps)) return false;
  return body.plan.steps.every(
    (step) => isJsonObject(step) && typeof (step.tool ?? step.agent ?? step.approval) === 'string',
  );
}

const HARMLESS: ReadonlySet<string> = new Set([UNKNOWN_FIELD, 'not_in_this_release']);
const READ_BY_RULES = /^\/(plan|grants|completion|invariants|budget)\b/;

const KINDS = ['goal', 'plan', 'skill'] as const;

function kindProblems(body: JsonObject): Problem[] {
  const given = KINDS.filter((kind) => body[kind] !== undefined);
  if (given.length === 1) return [];
  const rule = 'A task has exactly one of goal, plan and skill';
  if (given.length === 0) return [{ pointer: '', code: 'required', message: `${rule}; this has none.` }];
  const message = `${rule}; this has ${given.join(' and ')}.`;
  return given.slice(1).map((kind) => ({ pointer: `/${kind}`, code: 'contradiction', message }));
}

function strategyProblems({ goal, strategy }: JsonObject): Problem[] {
  if (strategy === undefined || goal !== undefined) return [];
  const message = 'A strategy says how a plan is made of a goal; this task has its plan already.';
  return [{ pointer: '/strategy', code: 'contradiction', message }];
}

function deadlineProblems(deadlineAt: JsonValue | undefined, now: Date): Problem[] {
  if (typeof deadlineAt !== 'string' || !(Date.parse(deadlineAt) <= now.getTime())) return [];
  return [{ pointer: '/deadlineAt', code: 'past', message: 'The deadline has passed.' }];
}

// A word that nobody would act on is refused, not taken and forgotten.
function unavailableProblems(body: JsonObject): Problem[] {
  const problems = [
    ...unavailable(body, '', 'webhookUrl', 'Webhooks are not in this release: follow the events, or wait with waitMs.'),
  ];
  return [...problems, ...planProblems(body.plan)];
}

/** What the steps of a plan ask for that nobody would act on, and those that ask for nothing. */
export function planProblems(plan: JsonValue | undefined): Problem[] {
  const steps = isJsonObject(plan) && Array.isArray(plan.steps) ? plan.steps : [];
  return steps.flatMap((step, index) => (isJsonObject(step) ? stepProblems(step, `/plan/steps/${index}`) : []));
}

const MISSING_FROM_STEPS = {
  wait: 'Timers and signals are not in this release: split the task where it waits.',
  compensate: "Compensation is not in this release: a failed task lists its standing effects in 'standingEffects'.",
} as const;

function stepProblems(step: JsonObject, pointer: string): Problem[] {
  const problems: Problem[] = [];
  for (const [name, message] of Object.entries(MISSING_FROM_STEPS)) {
    if (name in step) problems.push(...unavailable(step, pointer, name, message));
  }
  const names = [step.tool, step.agent, step.skill, step.approval];
  if (names.some((name) => name !== undefined) || problems.length > 0) return problems;
  return [
    {
      pointer: `${pointer}/tool`,
      code: 'required',
      message: 'A step names its tool, its agent or its skill, or asks for an approval.',
    },
  ];
}

function unavailable(body: JsonObject, pointer: string, name: string, message: string): Problem[] {
  return body[name] === undefined ? [] : [{ pointer: `${pointer}/${name}`, code: 'not_in_this_release', message }];
}
