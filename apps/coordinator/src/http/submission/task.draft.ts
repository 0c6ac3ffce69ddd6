import {
  bootstrapPlan,
  type CompiledPlan,
  catalogueOf,
  checkPlanInput,
  type JsonObject,
  type JsonValue,
  nearestName,
  type PlanDocument,
  type Problem,
  plannerInput,
  readCriteria,
  SINGLE_STRATEGY,
  type Strategy,
  singlePlan,
} from '@muster/domain';
import { DOOR_LIMITS } from '../door.limits';
import { HttpProblem, invalidRequest } from '../problems/problem';
import type { OpenedBody } from '../skills/opened-body';
import type { Contracts } from './contract.shelf';
import type { PlanCompiler } from './plan.compiler';
import { isReadable, taskProblems } from './task-rules';

export type TaskVerdict =
  | { readonly ok: true; readonly plan: CompiledPlan }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Holds the body of a task to every rule there is and compiles its plan, or answers everything that is wrong with it.
 * Throws the problem that says so where the body asks for what only a model could do.
 */
function judgeTask(body: JsonObject, contracts: Contracts, compiler: PlanCompiler, now: Date): TaskVerdict {
  const plan = body.plan === undefined ? undefined : compiler.known(partsOf(body), contracts);
  // A plan that passed before need not be looked through again, only what stands around it.
  const problems = taskProblems(plan ? { ...body, plan: SOUND } : body, now);
  if (body.goal !== undefined && body.plan === undefined) return judgeGoal(body, problems, contracts, compiler);
  if (!isReadable(plan ? { ...body, plan: SOUND } : body, problems)) return { ok: false, problems };
  const verdict = plan ? ({ ok: true, plan } as const) : compiler.compile(partsOf(body), contracts);
  const all = distinct([...problems, ...(verdict.ok ? [] : verdict.problems), ...aroundPlanProblems(body)]);
  return verdict.ok && all.length === 0 ? verdict : { ok: false, problems: all };
}

/** The same of a body whose skills stand in their places; problems point into the body that was sent. */
export function judgeOpened(opened: OpenedBody, contracts: Contracts, compiler: PlanCompiler, now: Date): TaskVerdict {
  const verdict = judgeTask(opened.body, contracts, compiler, now);
  if (verdict.ok && opened.problems.length === 0) return verdict;
  const problems = verdict.ok ? [] : verdict.problems.map((problem) => opened.toSent(problem));
  return { ok: false, problems: distinct([...opened.problems, ...problems]) };
}

// Stands for a plan that is known to be sound, where only the rest of a body is looked at.
const SOUND: JsonObject = { steps: [{ id: 'a', tool: 'a' }] };

interface Parts {
  readonly plan: JsonObject;
  readonly grants?: string[];
  readonly budget?: JsonObject;
  readonly input?: unknown;
  readonly autonomy?: string;
}
const partsOf = (body: JsonObject): Parts => body as unknown as Parts;

/** A goal is accepted with a plan that makes its plan, as long as there is a model to ask. */
function judgeGoal(
  body: JsonObject,
  problems: readonly Problem[],
  contracts: Contracts,
  compiler: PlanCompiler,
): TaskVerdict {
  const { plannerModel: model } = compiler;
  const all = [...problems, ...goalProblems(body)];
  if (model === undefined) throw noPlanner(all);
  if (all.length > 0) return { ok: false, problems: all };
  const { goal, grants, strategy } = body as unknown as { goal: string; grants: string[]; strategy?: Strategy };
  const catalogue = catalogueOf(contracts, grants);
  const bytes = Buffer.byteLength(JSON.stringify(plannerInput(goal, null, catalogue)));
  if (bytes <= DOOR_LIMITS.CATALOGUE_BYTES_MAX) {
    return strategy === SINGLE_STRATEGY
      ? singlePlan(goal, { catalogue, model }, compiler.optionsFor(partsOf(body), contracts))
      : { ok: true, plan: bootstrapPlan({ catalogue, model, strategy }) };
  }
  const message = `The contracts granted come to ${bytes} bytes; a planner reads ${DOOR_LIMITS.CATALOGUE_BYTES_MAX}. Grant what the goal needs.`;
  return { ok: false, problems: [{ pointer: '/grants', code: 'too_large', message }] };
}

function goalProblems(body: JsonObject): Problem[] {
  const missing = { pointer: '/grants', code: 'required', message: 'With a goal, say which tools its plan may use.' };
  return [
    ...(body.grants === undefined && body.skill === undefined ? [missing] : []),
    // A caller cannot know the steps of a plan that nobody has made.
    ...criteriaProblems(NO_STEPS, textsOf(body.completion), '/completion'),
    ...criteriaProblems(NO_STEPS, textsOf(body.invariants), '/invariants'),
  ];
}

const NO_STEPS: PlanDocument = { steps: [] };

const textsOf = (value: JsonValue | undefined): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

function noPlanner(problems: readonly Problem[]): HttpProblem {
  if (problems.length > 0) return invalidRequest(problems);
  const message = 'No model is configured here, so that nobody can make a plan of a goal.';
  const detail = `${message} Set a model for the planner (MODELS, docs/models.md) and restart, or send the plan itself: plans and skills work without one.`;
  const errors = [{ pointer: '/goal', code: 'goal_unavailable', message }];
  return new HttpProblem(422, 'goal_unavailable', detail, { errors });
}

/** Problems of what hangs on the plan and stands beside it. */
function aroundPlanProblems(body: JsonObject): Problem[] {
  const document = body.plan as unknown as PlanDocument;
  return [
    ...inputProblems(document, body),
    ...criteriaProblems(document, body.completion as string[] | undefined, '/completion'),
    ...criteriaProblems(document, body.invariants as string[] | undefined, '/invariants'),
  ];
}

// A declaration that is no schema is a problem of the plan, and nothing can be held against it.
function inputProblems(document: PlanDocument, body: JsonObject): Problem[] {
  try {
    return checkPlanInput(document, body.input);
  } catch {
    return [];
  }
}

function criteriaProblems(document: PlanDocument, criteria: string[] = [], pointer: string): Problem[] {
  if (criteria.length === 0) return [];
  const { reads, problems } = readCriteria(criteria, pointer);
  const keys = new Set(document.steps.map((step) => step.id));
  const unknown = [...reads].filter(([key]) => !keys.has(key));
  return [...problems, ...unknown.map(([key, at]) => unknownStep(key, at, keys))];
}

function unknownStep(key: string, pointer: string, keys: ReadonlySet<string>): Problem {
  const meant = nearestName(key, keys);
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`;
  return { pointer, code: 'unknown_step', message: `There is no step '${key}'.${hint}` };
}

/** What two rules say of the same place is said once. */
function distinct(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ pointer, code }) => {
    const place = `${pointer} ${code}`;
    return !seen.has(place) && seen.add(place);
  });
}
