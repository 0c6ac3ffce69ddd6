import type { ResolvedAgent } from '../agent/agent-contract';
import { evaluate } from '../expression/expression';
import type { JsonValue } from '../json';
import { LIMITS } from '../limits';
import type { ResolvedContract } from '../tool-contract';
import type { PlanDocument, Problem, StepDocument } from './plan';

/** The parts of a task's budget that a plan can be held to before it runs. */
export interface PlanBudget {
  readonly steps?: number;
  readonly toolCalls?: number;
  /** Items of one `forEach`. */
  readonly fanOut?: number;
}

/** The most that a plan can come to. Items of a `forEach` are steps; a call that is tried again counts again. */
export interface WorstCase {
  readonly steps: number;
  readonly toolCalls: number;
  /** Items of the longest `forEach`. */
  readonly fanOut: number;
  /** Of its agents by their own budgets; the task's budget holds them while they run, and refuses nothing before. */
  readonly modelCalls: number;
}

interface Known {
  readonly budget?: PlanBudget;
  readonly input?: JsonValue;
  readonly agents?: ReadonlyMap<string, ResolvedAgent>;
}

export function worstCaseOf(
  document: PlanDocument,
  contracts: ReadonlyMap<string, ResolvedContract>,
  known: Known,
): WorstCase {
  const worst = { steps: document.steps.length, toolCalls: 0, fanOut: 0, modelCalls: 0 };
  for (const step of document.steps) {
    const items = itemsOf(step, known);
    worst.toolCalls += (items ?? 1) * attemptsOf(step, contracts);
    worst.modelCalls += (items ?? 1) * (known.agents?.get(step.agent ?? '')?.budget.modelCalls ?? 0);
    worst.steps += items ?? 0;
    worst.fanOut = Math.max(worst.fanOut, items ?? 0);
  }
  return worst;
}

/** An opaque tool is never called twice without a person, who is not bound by a budget. */
function attemptsOf(step: StepDocument, contracts: ReadonlyMap<string, ResolvedContract>): number {
  // What an agent comes to call is bounded while it runs, by its own budget and the task's.
  if (step.tool === undefined) return 0;
  const contract = contracts.get(step.tool);
  if (!contract || contract.effect === 'opaque') return 1;
  return step.retry?.maxAttempts ?? contract.retry.maxAttempts;
}

/**
 * Items of a `forEach`; undefined for another step. A list that hangs on the task's input alone can be counted; of any
 * other only the bounds are known.
 */
function itemsOf({ forEach }: StepDocument, { input, budget }: Known): number | undefined {
  if (forEach === undefined) return undefined;
  const items = input === undefined ? undefined : evaluate(forEach, { input });
  if (items?.ok && Array.isArray(items.value)) return items.value.length;
  return Math.min(budget?.fanOut ?? LIMITS.FOR_EACH_ITEMS_MAX, LIMITS.FOR_EACH_ITEMS_MAX);
}

export function budgetProblems(worst: WorstCase, budget: PlanBudget = {}): Problem[] {
  const texts: Readonly<Record<keyof PlanBudget, string>> = {
    steps: `The plan has up to ${worst.steps} steps, the items of a forEach among them`,
    toolCalls: `With every retry the plan makes up to ${worst.toolCalls} tool calls`,
    fanOut: `A forEach of the plan has ${worst.fanOut} items`,
  };
  return (Object.keys(texts) as (keyof PlanBudget)[]).flatMap((name) => {
    const most = budget[name];
    if (most === undefined || worst[name] <= most) return [];
    const message = `${texts[name]}; the budget allows ${most}.`;
    return [{ pointer: `/budget/${name}`, code: 'over_budget', message }];
  });
}
