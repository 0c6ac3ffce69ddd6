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

/** The most that a plan can come to. A call that is tried again counts again. */
export interface WorstCase {
  readonly steps: number;
  readonly toolCalls: number;
}

interface Known {
  readonly budget?: PlanBudget;
  readonly input?: JsonValue;
}

export function worstCaseOf(
  document: PlanDocument,
  contracts: ReadonlyMap<string, ResolvedContract>,
  known: Known,
): WorstCase {
  let toolCalls = 0;
  for (const step of document.steps) toolCalls += itemsOf(step, known) * attemptsOf(step, contracts);
  return { steps: document.steps.length, toolCalls };
}

/** An opaque tool is never called twice without a person, who is not bound by a budget. */
function attemptsOf(step: StepDocument, contracts: ReadonlyMap<string, ResolvedContract>): number {
  // What an agent comes to call is bounded while it runs, by its own budget and the task's.
  if (step.tool === undefined) return 0;
  const contract = contracts.get(step.tool);
  if (!contract || contract.effect === 'opaque') return 1;
  return step.retry?.maxAttempts ?? contract.retry.maxAttempts;
}

/** A list that hangs on the task's input alone can be counted; of any other only the bounds are known. */
function itemsOf({ forEach }: StepDocument, { input, budget }: Known): number {
  if (forEach === undefined) return 1;
  const most = Math.min(budget?.fanOut ?? LIMITS.FOR_EACH_ITEMS_MAX, LIMITS.FOR_EACH_ITEMS_MAX);
  if (input === undefined) return most;
  const items = evaluate(forEach, { input });
  return items.ok && Array.isArray(items.value) ? Math.min(items.value.length, most) : most;
}

export function budgetProblems(worst: WorstCase, budget: PlanBudget = {}): Problem[] {
  const problems: Problem[] = [];
  if (budget.steps !== undefined && worst.steps > budget.steps) {
    const message = `The plan has ${worst.steps} steps; the budget allows ${budget.steps}.`;
    problems.push({ pointer: '/budget/steps', code: 'over_budget', message });
  }
  if (budget.toolCalls !== undefined && worst.toolCalls > budget.toolCalls) {
    const message = `With every retry the plan makes up to ${worst.toolCalls} tool calls; the budget allows ${budget.toolCalls}.`;
    problems.push({ pointer: '/budget/toolCalls', code: 'over_budget', message });
  }
  return problems;
}
