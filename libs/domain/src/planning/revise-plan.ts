import type { ResolvedAgent } from '../agent/agent-contract';
import { canonicalJson } from '../canonical-json';
import type { JsonValue } from '../json';
import { supervised, withApproval } from '../permit/approval';
import { compilePlanBody } from '../plan/compile-plan';
import type { CompiledPlan, PlanBody, PlanDocument, Problem, StepDocument } from '../plan/plan';
import { PLANNER } from '../plan/plan';
import type { PlanOptions } from '../plan/plan-rules';
import { compilePlan } from '../plan/plan-rules';
import type { ResolvedContract } from '../tool-contract';

/**
 * How a step of the plan stands when another plan is to take that one's place. `begun`: something of it was dispatched,
 * or it has met its end in a way that others may go on behind. `open`: nothing of it has begun. `over`: it ended, and
 * nothing goes on behind it.
 */
export type Standing = 'begun' | 'open' | 'over';

/** What a plan stands for besides the steps that have left it. */
const standing = ({ document, retired = [] }: PlanBody): string[] => {
  const gone = new Set(retired);
  return document.steps.flatMap(({ id }, index) => (gone.has(index) ? [] : [id]));
};

/** What a later revision of a task's plan changed of an earlier one. */
export function diffOfPlans(before: PlanBody, after: PlanBody): PlanDiff {
  const [was, is] = [new Set(standing(before)), new Set(standing(after))];
  return {
    kept: [...is].filter((id) => was.has(id)),
    added: [...is].filter((id) => !was.has(id)),
    dropped: [...was].filter((id) => !is.has(id)),
  };
}

/** What a later revision of a plan changed of an earlier one, by step ids in plan order. */
interface PlanDiff {
  readonly kept: readonly string[];
  readonly added: readonly string[];
  /** They had not begun, or had ended so that nothing could go on behind them. */
  readonly dropped: readonly string[];
}

export type RevisionVerdict =
  | { readonly ok: true; readonly plan: CompiledPlan }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What a revision may use. A name that the plan has pinned goes on to stand for what it pinned. */
export interface RevisionShelf {
  /** By name. */
  readonly tools: ReadonlyMap<string, ResolvedContract>;
  readonly agents: ReadonlyMap<string, ResolvedAgent>;
  /** By hash: the contracts of the current plan. */
  readonly pinned: ReadonlyMap<string, ResolvedContract>;
}

/** What a plan is held to, and what its request is known by (`PlanBody.request`). */
export interface RevisionOptions extends PlanOptions {
  readonly request?: string;
}

/** The plan that a task goes by, and how its steps stand, by index. */
export interface Underway {
  readonly plan: CompiledPlan;
  readonly revision: number;
  readonly standings: readonly Standing[];
}

/**
 * Puts a new plan in the place of the one that a task goes by, while it runs. Everything that has begun stays as it is and
 * where it is, named in the new plan or not; a step that has not begun stays only where the new plan has it, unchanged; a
 * step that is new has an id that the task has never used, so that an operation's id never means two things. What then
 * stands is held to the rules of every plan. Pure.
 */
export function revisePlan(
  underway: Underway,
  proposed: PlanDocument,
  shelf: RevisionShelf,
  { request, ...options }: RevisionOptions = {},
): RevisionVerdict {
  const { plan, revision } = underway;
  const pointer = options.pointer ?? '/plan';
  const merge = mergeOf(underway, proposed, options.supervised ? revision + 1 : undefined);
  if (merge.problems.length > 0) {
    return {
      ok: false,
      problems: merge.problems.map((problem) => ({ ...problem, pointer: pointer + problem.pointer })),
    };
  }
  const named = new Map([...shelf.tools, ...pinnedByName(plan.body, shelf.pinned)]);
  const tools = withApproval(merge.effective, named);
  const agents = new Map([...shelf.agents, ...plan.agents]);
  // What makes plans is pinned with them, and is nobody's to call.
  const callable = new Map([...agents].filter(([name]) => name !== PLANNER));
  const verdict = compilePlan(merge.effective, tools, { ...options, agents: callable, supervised: false });
  if (!verdict.ok) {
    return { ok: false, problems: verdict.problems.map((problem) => relocated(problem, pointer, merge)) };
  }
  const { body } = verdict.plan;
  const agentPins = { ...plan.body.agents, ...body.agents };
  const revised: PlanBody = {
    document: merge.document,
    pins: { ...plan.body.pins, ...body.pins },
    ...(Object.keys(agentPins).length > 0 && { agents: agentPins }),
    ...(merge.retired.length > 0 && { retired: merge.retired }),
    ...(request !== undefined && { request }),
  };
  const compiled = compilePlanBody(revised, new Map([...shelf.pinned, ...byHash(tools)]), byHash(agents));
  return { ok: true, plan: compiled };
}

const byHash = <C extends { readonly hash: string }>(all: ReadonlyMap<string, C>): Map<string, C> =>
  new Map([...all.values()].map((one) => [one.hash, one]));

function pinnedByName({ pins }: PlanBody, pinned: RevisionShelf['pinned']): [string, ResolvedContract][] {
  return Object.entries(pins).flatMap(([name, { hash }]) => {
    const contract = pinned.get(hash);
    return contract ? [[name, contract]] : [];
  });
}

interface Placed {
  readonly step: StepDocument;
  readonly index: number;
}

interface Merge {
  /** With every step that there ever was, in its place, and the new ones behind them. */
  readonly document: PlanDocument;
  readonly retired: readonly number[];
  /** What stands of it: what the rules are asked about. */
  readonly effective: PlanDocument;
  readonly problems: readonly Problem[];
  /** The steps of `effective`, in its order: those that stay, and those of the new plan by their place in it. */
  readonly kept: readonly Placed[];
  readonly added: readonly Placed[];
}

function mergeOf({ plan, standings }: Underway, proposed: PlanDocument, approvedAs: number | undefined): Merge {
  const { document, retired = [] } = plan.body;
  const wanted = new Map(proposed.steps.map((step) => [step.id, step]));
  const before = document.steps.map((step, index) => ({ step, index }));
  const gone = new Set(retired);
  const stands = ({ step, index }: Placed): boolean =>
    !gone.has(index) &&
    (standings[index] === 'begun' || (standings[index] === 'open' && isSame(wanted.get(step.id), step)));
  const kept = before.filter(stands);
  const leaving = before.filter((placed) => !gone.has(placed.index) && !stands(placed));
  const added = newSteps(plan, proposed, approvedAs);
  const { steps: _steps, input = document.input, ...rest } = proposed;
  const ends = { ...(input && { input }), ...rest };
  return {
    document: { ...ends, steps: [...document.steps, ...added.map(({ step }) => step)] },
    retired: [...retired, ...leaving.map(({ index }) => index)].sort((a, b) => a - b),
    effective: { ...ends, steps: [...kept, ...added].map(({ step }) => step) },
    problems: [...idProblems(plan, standings, proposed), ...standInProblems(plan, kept, proposed)],
    kept,
    added,
  };
}

const isSame = (a: StepDocument | undefined, b: StepDocument): boolean =>
  a !== undefined && canonicalJson(a as unknown as JsonValue) === canonicalJson(b as unknown as JsonValue);

/** Those that the task has never had; of a supervised task behind an approval of their own. */
function newSteps({ indexOf }: CompiledPlan, proposed: PlanDocument, approvedAs: number | undefined): Placed[] {
  const added = proposed.steps.flatMap((step, index) => (indexOf.has(step.id) ? [] : [{ step, index }]));
  if (approvedAs === undefined || added.length === 0) return added;
  const [approval, ...steps] = supervised({ steps: added.map(({ step }) => step) }, approvedAs).steps;
  return [{ step: approval!, index: 0 }, ...added.map(({ index }, i) => ({ step: steps[i]!, index }))];
}

function idProblems(
  { body, indexOf }: CompiledPlan,
  standings: readonly Standing[],
  proposed: PlanDocument,
): Problem[] {
  const gone = new Set(body.retired);
  return proposed.steps.flatMap((step, place) => {
    const index = indexOf.get(step.id);
    if (index === undefined) return [];
    const isThere = !gone.has(index) && standings[index] !== 'over';
    if (isThere && isSame(step, body.document.steps[index]!)) return [];
    return [isThere && standings[index] === 'begun' ? alreadyBegun(step.id, place) : idTaken(step.id, place)];
  });
}

/** A step that stands in for another one waits for that one's failure: without it nobody would ever wake it. */
function standInProblems({ steps }: CompiledPlan, kept: readonly Placed[], proposed: PlanDocument): Problem[] {
  const stays = new Set(kept.map(({ index }) => index));
  return kept.flatMap(({ step, index }) => {
    const { fallbackOf } = steps[index]!;
    if (fallbackOf === undefined || stays.has(fallbackOf)) return [];
    const pointer = `/steps/${proposed.steps.findIndex(({ id }) => id === step.id)}`;
    const message = `'${step.id}' stands in for '${steps[fallbackOf]!.key}', which this plan leaves out: leave it out as well.`;
    return [{ pointer, code: 'stands_in', message }];
  });
}

const alreadyBegun = (id: string, place: number): Problem => ({
  pointer: `/steps/${place}`,
  code: 'already_begun',
  message: `'${id}' has begun: a new plan has it as it is, or leaves it out, and it goes on.`,
});

const idTaken = (id: string, place: number): Problem => ({
  pointer: `/steps/${place}/id`,
  code: 'id_taken',
  message: `'${id}' was another step of this task: one that is new or changed has an id of its own.`,
});

/** Where a problem of what stands is in the plan that was proposed. */
function relocated(problem: Problem, pointer: string, { kept, added }: Merge): Problem {
  const [, place, rest = ''] = new RegExp(`^${pointer}/steps/(\\d+)(/.*)?$`).exec(problem.pointer) ?? [];
  if (place === undefined) return problem;
  const own = added[Number(place) - kept.length];
  if (own) return { ...problem, pointer: `${pointer}/steps/${own.index}${rest}` };
  const { step } = kept[Number(place)]!;
  return { ...problem, pointer, message: `Of '${step.id}', which stays: ${problem.message}` };
}
