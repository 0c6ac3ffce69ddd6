import {
  bootstrapPlan,
  type CompiledPlan,
  compilePlan,
  type JsonObject,
  type JsonValue,
  PLANNING_REVISION,
  type PlanDocument,
  type StepDocument,
} from '@muster/domain';
import type { Revision } from '../../apps/coordinator/src/lifecycle/decision';
import type { Submission } from '../../apps/coordinator/src/lifecycle/lifecycle.port';
import { anAgent } from '../../apps/coordinator/src/lifecycle/testing/agent.world';
import { CONTRACTS } from '../../apps/coordinator/src/lifecycle/testing/contracts';
import { Draws } from './draws';

/** What a schedule is about: a plan and how it was submitted. */
export interface Case {
  readonly document: PlanDocument;
  readonly budget: JsonObject;
  /** From the submission on. */
  readonly deadlineMs: number | undefined;
  /** The task has a goal, and the document is what its planner comes to propose. */
  readonly isGoal?: boolean;
}

const TOOLS = ['read', 'slow', 'record', 'pay', 'pay', 'book', 'book', 'ship', 'mail'] as const;
const INPUT = { none: [], few: [1, 2, 3], flag: true };
const GATES = ['true', 'false', 'input.flag', 'input.missing'] as const;
/** Small plans: what two steps cannot show, six rarely do. */
const SIZES = [1, 1, 1, 2, 2, 2, 3, 3, 4, 5] as const;
/** A plan is drawn from as many, so that few have to be compiled. */
const PLANS = 2_000;
const SELDOM = 0.12;

interface Compiled {
  readonly one: Case;
  readonly plan: CompiledPlan;
}
const compiled = new Map<number, Compiled>();

/** What the agents of the plans may do; the one that calls agents may call itself. */
const AGENTS = new Map(
  [
    anAgent('clerk', { plans: true, tools: ['read', 'pay', 'book', 'mail', 'clock', 'note'], agents: ['helper'] }),
    anAgent('helper', { tools: ['read', 'pay'], agents: ['helper'], budget: { modelCalls: 5 } }),
  ].map((agent) => [agent.name, agent]),
);

/** A valid plan of any shape: chains that travel as runs, gates, lists, checks, fallbacks. */
export function drawCase(draws: Draws): Case {
  return caseOf(draws.below(PLANS)).one;
}

/** One in so many plans has an agent in it. */
const AGENTS_EVERY = 6;
/** One in so many plans is made by a planner. */
const GOALS_EVERY = 6;

/** The same; in some of them one step is an agent, and some are made of a goal. */
export function drawCaseOfAnyKind(draws: Draws): Case {
  const one = drawCaseWithAgents(draws);
  return draws.below(GOALS_EVERY) > 0 ? one : { ...one, isGoal: true };
}

function drawCaseWithAgents(draws: Draws): Case {
  const one = drawCase(draws);
  return draws.below(AGENTS_EVERY) > 0 ? one : withAgent(one, draws);
}

/** The same, with an agent in it wherever the rules allow one. */
export const drawCaseWithAgent = (draws: Draws): Case => withAgent(drawCase(draws), draws);

function withAgent(one: Case, draws: Draws): Case {
  const chosen = draws.below(one.document.steps.length);
  const steps = one.document.steps.map((step, index) => (index === chosen ? asAgent(step, draws) : step));
  const document = { ...one.document, steps };
  return isValid(document) ? { ...one, document } : one;
}

const asAgent = ({ tool: _tool, ...step }: StepDocument, draws: Draws): StepDocument => ({
  ...step,
  agent: draws.pick(['clerk', 'clerk', 'helper']),
});

function caseOf(number: number): Compiled {
  const known = compiled.get(number);
  if (known) return known;
  const draws = new Draws(number);
  for (;;) {
    const one = tryCase(draws);
    const verdict = compilePlan(one.document, CONTRACTS);
    // Whoever stands behind a guarded step may not be what its fallback waits for; the rules know it as a cycle.
    if (!verdict.ok) continue;
    const found = { one, plan: verdict.plan };
    compiled.set(number, found);
    plans.set(one.document, verdict.plan);
    return found;
  }
}

const plans = new WeakMap<PlanDocument, CompiledPlan>();

function planOf(document: PlanDocument): CompiledPlan {
  const known = plans.get(document);
  if (known) return known;
  const verdict = compilePlan(document, CONTRACTS, { agents: AGENTS });
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problems));
  plans.set(document, verdict.plan);
  return verdict.plan;
}

/** Whether the rules of plans let it through. */
export const isValid = (document: PlanDocument): boolean => compilePlan(document, CONTRACTS, { agents: AGENTS }).ok;

const BOOTSTRAP = bootstrapPlan({ catalogue: { tools: CONTRACTS, agents: AGENTS }, model: 'test-model' });

export function submissionOf({ document, budget, deadlineMs, isGoal }: Case, now: number): Submission {
  return {
    tenantId: 'acme',
    bodyHash: 'body',
    ...(isGoal ? { goal: 'Reach it.', plan: BOOTSTRAP } : { plan: planOf(document) }),
    input: INPUT,
    completion: [],
    invariants: [],
    grants: [],
    budget,
    autonomy: 'workflow',
    priority: 5,
    labels: {},
    ...(deadlineMs === undefined ? {} : { deadlineAt: new Date(now + deadlineMs) }),
  };
}

const NO_PLANS: readonly JsonObject[] = [{ wrong: 1 }, { steps: [] }, { refusal: 'There is no way.' }];

/** What a planner comes up with: the plan that was meant, steps behind what was done, or what is no plan at all. */
export function drawProposal(draws: Draws, { document }: Case, { body }: CompiledPlan, revision: number): JsonValue {
  if (draws.chance(0.1)) return draws.pick(NO_PLANS);
  const meant = revision === PLANNING_REVISION ? document : { steps: drawMore(draws, body, revision) };
  const steps = meant.steps.map(({ retry: _retry, priority: _priority, ...step }) =>
    draws.chance(0.05) ? { ...step, tool: 'nothing.there' } : step,
  );
  return JSON.parse(JSON.stringify({ ...meant, steps })) as JsonValue;
}

/** Steps that are new, behind some that are there, whatever became of those. */
function drawMore(draws: Draws, { document, retired }: CompiledPlan['body'], revision: number): StepDocument[] {
  const there = document.steps.filter((_, index) => !retired?.includes(index));
  return Array.from({ length: 1 + draws.below(2) }, (_, n) => ({
    id: `r${revision}x${n}x${draws.below(1_000)}`,
    tool: draws.pick(TOOLS),
    ...(there.length > 0 && draws.chance(0.4) ? { needs: [draws.pick(there).id] } : {}),
    // So that plan after plan fails.
    ...(draws.chance(0.3) ? { check: 'false' } : {}),
  }));
}

/** A plan in the place of another one, sound or not: the rules have their say. */
export function drawRevision(draws: Draws, { body }: CompiledPlan, revision: number): Revision {
  const gone = new Set(body.retired);
  const there = body.document.steps.filter((_, index) => !gone.has(index));
  const kept = there.filter(() => draws.chance(0.7));
  const added = Array.from({ length: draws.below(3) }, (_, n): StepDocument => {
    const needs = there.length > 0 && draws.chance(0.6) ? [draws.pick(there).id] : [];
    return { id: `r${revision}x${n}x${draws.below(1_000)}`, tool: draws.pick(TOOLS), needs };
  });
  const changed = kept.map((step) => (draws.chance(0.05) ? { ...step, priority: 1 } : step));
  const document = { steps: [...changed, ...added] };
  return {
    document,
    request: JSON.stringify(document),
    replaces: draws.chance(0.85) ? revision : revision - 1,
    cites: {},
    by: 'somebody',
    grants: [...CONTRACTS.keys(), ...AGENTS.keys()],
    tools: CONTRACTS,
    agents: AGENTS,
  };
}

function tryCase(draws: Draws): Case {
  const size = draws.pick(SIZES);
  const steps: StepDocument[] = [];
  const standIns = new Set<number>();
  for (let rank = 0; rank < size; rank++) steps.push(drawStep(draws, rank, size, standIns));
  return {
    document: {
      steps: shuffled(draws, steps),
      ...(draws.chance(SELDOM) ? { completion: [draws.pick(['true', 'true', 'false'])] } : {}),
      ...(draws.chance(SELDOM)
        ? { output: draws.pick(['${{ steps.s0.output }}', '${{ steps.s0.output.missing }}']) }
        : {}),
    },
    budget: draws.chance(SELDOM) ? { toolCalls: 1 + draws.below(6) } : {},
    deadlineMs: draws.chance(SELDOM) ? 1_000 + draws.below(60_000) : undefined,
  };
}

/** Needs point to earlier ranks and fallbacks to later ones, so that nothing waits for itself. */
function drawStep(draws: Draws, rank: number, size: number, standIns: Set<number>): StepDocument {
  const needs =
    rank === 0 ? [] : draws.chance(0.6) ? [`s${rank - 1}`] : draws.chance(0.5) ? [`s${draws.below(rank)}`] : [];
  const reads = needs.length > 0 && draws.chance(0.3);
  return {
    id: `s${rank}`,
    tool: draws.pick(TOOLS),
    needs,
    retry: { maxAttempts: 1 + draws.below(3) },
    ...(reads ? { input: { before: `\${{ steps.${needs[0]}.output }}` } } : {}),
    ...(draws.chance(SELDOM) ? { when: draws.pick(GATES) } : {}),
    ...(draws.chance(SELDOM) ? drawList(draws) : {}),
    ...(draws.chance(SELDOM) ? { check: 'output != 2' } : {}),
    ...(draws.chance(SELDOM) ? { permit: true } : {}),
    ...drawOnFailure(draws, rank, size, standIns),
  };
}

function drawList(draws: Draws): Partial<StepDocument> {
  return {
    forEach: draws.pick(['input.none', 'input.few', 'input.few']),
    ...(draws.chance(0.5) ? { maxParallel: 1 + draws.below(2) } : {}),
  };
}

function drawOnFailure(draws: Draws, rank: number, size: number, standIns: Set<number>): Partial<StepDocument> {
  if (draws.chance(SELDOM)) return { onFailure: 'continue' };
  if (rank + 1 >= size || !draws.chance(SELDOM)) return {};
  const standIn = rank + 1 + draws.below(size - rank - 1);
  if (standIns.has(standIn)) return {};
  standIns.add(standIn);
  return { onFailure: { fallback: `s${standIn}` } };
}

/** The order of the document says nothing about the order of the work. */
function shuffled(draws: Draws, steps: readonly StepDocument[]): StepDocument[] {
  const rest = [...steps];
  return steps.map(() => rest.splice(draws.below(rest.length), 1)[0]!);
}
