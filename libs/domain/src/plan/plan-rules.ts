import type { ResolvedAgent } from '../agent/agent-contract';
import type { JsonObject, JsonValue } from '../json';
import { LIMITS } from '../limits';
import { planApprovalId, supervised, withApproval } from '../permit/approval';
import type { ResolvedContract } from '../tool-contract';
import type { PlanBudget } from './budget-rules';
import { budgetProblems, worstCaseOf } from './budget-rules';
import { buildPlan, pinContracts } from './compile-plan';
import { cyclesOf, cycleText } from './cycles';
import { NameSuggester } from './nearest-name';
import { PathTypes } from './path-types';
import type { CompiledPlan, PlanDocument, Problem } from './plan';
import type { PlanGraph } from './plan-graph';
import { graphOf } from './plan-graph';
import { declarationProblems } from './plan-input';
import type { PlanReading, Reads } from './plan-reading';
import { readPlan } from './plan-reading';
import { ProblemList } from './problem-list';
import { StepRules } from './step-rules';
import { pathProblems } from './type-rules';
import { writeProblems } from './write-rules';

export interface PlanOptions {
  /** Where the plan stands in the request. Default: `/plan`. */
  readonly pointer?: string;
  /** Tool names or `prefix.*`. Left out: every tool the plan names is granted. */
  readonly grants?: readonly string[];
  /** The registered agents by name. */
  readonly agents?: ReadonlyMap<string, ResolvedAgent>;
  /** Names of the configured models. Left out: any. */
  readonly models?: ReadonlySet<string>;
  /** More steps than this are refused. Default: what a person may write. */
  readonly stepsMax?: number;
  readonly budget?: PlanBudget;
  /** The task's input, if it is known: then the items of a `forEach` over it can be counted. */
  readonly input?: JsonValue;
  /** Nothing of the plan runs before a person has approved of it. */
  readonly supervised?: boolean;
  /** What the task's input is known to be, where something other than the plan says so. */
  readonly inputSchema?: JsonObject;
}

export type PlanVerdict =
  | { readonly ok: true; readonly plan: CompiledPlan }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Holds a plan to every rule and compiles it, or answers everything that is wrong with it at once, in the order of the
 * document. Takes time in the number of steps and needs; the same plan always gets the same answer.
 * @param registered the registered contracts by tool name
 */
export function compilePlan(
  document: PlanDocument,
  registered: ReadonlyMap<string, ResolvedContract>,
  options: PlanOptions = {},
): PlanVerdict {
  const contracts = withApproval(document, registered);
  const pointer = options.pointer ?? '/plan';
  const sizeProblem = sizeProblemOf(document, options.stepsMax ?? LIMITS.PLAN_STEPS_MAX, `${pointer}/steps`);
  if (sizeProblem) return { ok: false, problems: [sizeProblem] };
  const reading = readPlan(document, pointer);
  const graph = graphOf(reading);
  const problems = problemsOf(reading, graph, contracts, options);
  if (problems.length > 0) return { ok: false, problems };
  if (options.supervised) return compileSupervised(document, registered, options);
  const agents = options.agents ?? new Map<string, ResolvedAgent>();
  const body = { document, ...pinContracts(document, contracts, agents, options.grants) };
  return { ok: true, plan: buildPlan(body, reading, graph, byHash(contracts), byHash(agents)) };
}

function compileSupervised(
  document: PlanDocument,
  registered: ReadonlyMap<string, ResolvedContract>,
  options: PlanOptions,
): PlanVerdict {
  const reserved = planApprovalId(1);
  const taken = document.steps.findIndex(({ id }) => id === reserved);
  if (taken < 0) return compilePlan(supervised(document), registered, { ...options, supervised: false });
  const message = `The step '${reserved}' of a supervised plan is put there by Muster: give this one another id.`;
  const pointer = `${options.pointer ?? '/plan'}/steps/${taken}/id`;
  return { ok: false, problems: [{ pointer, code: 'reserved_id', message }] };
}

function sizeProblemOf({ steps }: PlanDocument, stepsMax: number, pointer: string): Problem | undefined {
  if (steps.length === 0) return { pointer, code: 'empty_plan', message: 'A plan has at least one step.' };
  if (steps.length <= stepsMax) return undefined;
  return {
    pointer,
    code: 'too_many_steps',
    message: `A plan has at most ${stepsMax} steps; this has ${steps.length}.`,
  };
}

const byHash = <C extends { readonly hash: string }>(contracts: ReadonlyMap<string, C>): ReadonlyMap<string, C> =>
  new Map([...contracts.values()].map((contract) => [contract.hash, contract]));

function problemsOf(
  reading: PlanReading,
  graph: PlanGraph,
  contracts: ReadonlyMap<string, ResolvedContract>,
  options: PlanOptions,
): readonly Problem[] {
  const problems = new ProblemList();
  const suggester = new NameSuggester();
  problems.addAll(declarationProblems(reading.document, reading.pointer));
  const { agents, models, grants, inputSchema } = options;
  const types = new PathTypes(reading.steps, graph, { tools: contracts, agents }, reading.document, inputSchema);
  const around = { steps: reading.steps, graph, contracts, agents, models, grants, types };
  const rules = new StepRules(around, problems, suggester);
  for (const [index, step] of reading.steps.entries()) rules.check(step, index);
  problems.addAll(reading.problems);
  addUnknownReads(problems, suggester, graph, reading.completion);
  addUnknownReads(problems, suggester, graph, reading.output);
  for (const use of reading.uses) problems.addAll(pathProblems(use, types));
  addCycles(problems, reading, graph);
  problems.addAll(writeProblems(reading.steps, graph, contracts));
  problems.addAll(budgetProblems(worstCaseOf(reading.document, contracts, options), options.budget));
  return problems.all(reading.pointer);
}

function addUnknownReads(problems: ProblemList, suggester: NameSuggester, { indexOf }: PlanGraph, reads: Reads): void {
  for (const [key, pointer] of reads) {
    if (indexOf.has(key)) continue;
    problems.add(pointer, 'unknown_step', `There is no step '${key}'.${suggester.suggest(key, indexOf.keys())}`);
  }
}

function addCycles(problems: ProblemList, { steps }: PlanReading, graph: PlanGraph): void {
  for (const cycle of cyclesOf(graph)) {
    const path = cycleText(cycle, (index) => steps[index]!.step.id);
    problems.add(steps[cycle[0]!]!.pointer, 'cycle', `These steps wait for each other: ${path}.`);
  }
}
