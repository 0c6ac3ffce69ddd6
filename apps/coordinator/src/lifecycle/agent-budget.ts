import { type AgentBudget, type AgentBudgetName, APPROVAL, isCallKey, type ResolvedAgent } from '@muster/domain';
import type { Draft } from './draft';
import type { GivingUp } from './failure';
import type { Spending, StepRow } from './snapshot';

const NOTHING: Spending = { modelCalls: 0, toolCalls: 0, tokens: 0, costMicros: 0 };
const MICROS = 1_000_000;
/** The shortest that any tokenizer makes of its text, on average, is about so many bytes a token. */
const BYTES_PER_TOKEN = 3;

/** The agents that a call stands under, its own first. */
export function agentsAbove(draft: Draft, step: StepRow): StepRow[] {
  const above: StepRow[] = [];
  for (let at = step; isCallKey(at.key); at = above.at(-1)!) above.push(draft.step(at.parentId!));
  return above;
}

export const agentOf = (draft: Draft, step: StepRow): ResolvedAgent => draft.snapshot.plan.agents.get(step.tool)!;

/** Reserves what one sending may use, in the call itself, in every agent above it and in the task. */
export function spendCall(draft: Draft, step: StepRow): StepRow {
  return book(draft, step, needOf(draft, step), 1);
}

/** Nothing was sent: what had been reserved for it is returned. */
export function returnCall(draft: Draft, step: StepRow): StepRow {
  return book(draft, step, needOf(draft, step), -1);
}

/** A model call was answered: what had been reserved for its last sending becomes what that used. */
export function settleModelCall(draft: Draft, step: StepRow, used: { tokens: number; costUsd: number }): void {
  const reserved = needOf(draft, step);
  const change = {
    ...NOTHING,
    tokens: used.tokens - reserved.tokens,
    costMicros: Math.ceil(used.costUsd * MICROS) - reserved.costMicros,
  };
  book(draft, step, change, 1);
}

/** Why there is no room for one more sending of this step; undefined where there is. */
export function lackOf(draft: Draft, step: StepRow): GivingUp | undefined {
  const need = needOf(draft, step);
  for (const agent of agentsAbove(draft, step)) {
    const name = lackOfAgent(draft, agent, need);
    if (name) return overBudget(name, `of agent '${agent.tool}'`);
  }
  const { budget, ...used } = draft.task;
  const name = firstOver(sum(used, need), budget);
  return name && overBudget(name, 'of the task');
}

export const overBudget = (name: string, whose: string): GivingUp => ({
  exitReason: 'budget_exceeded',
  retryClass: 'definite',
  message: `The budget ${whose} is spent: ${name}.`,
});

/** How many more sendings the task's budget allows for a step of the plan. */
export function callsLeft({ task }: Draft, step: StepRow): number {
  const isPlanned = step.call === null;
  return isPlanned ? (task.budget.toolCalls ?? Number.POSITIVE_INFINITY) - task.toolCalls : 1;
}

/** How many agents may stand on top of each other, from the plan's own down; the narrowest word of all of them. */
export function depthLimitOf(draft: Draft, agents: readonly StepRow[]): number {
  const fromTop = [...agents].reverse();
  const own = fromTop.map((agent, level) => level + agentOf(draft, agent).budget.depth);
  return Math.min(draft.task.budget.depth ?? Number.POSITIVE_INFINITY, ...own);
}

function lackOfAgent(draft: Draft, agent: StepRow, need: Spending): AgentBudgetName | undefined {
  const { budget } = agentOf(draft, agent);
  if (budget.wallMs !== undefined && draft.now - (agent.startedAt ?? draft.now) >= budget.wallMs) return 'wallMs';
  return firstOver(sum({ ...NOTHING, ...agent.spent }, need), budget);
}

type Limits = Partial<Pick<AgentBudget, 'modelCalls' | 'toolCalls' | 'tokens' | 'costUsd'>>;

function firstOver(used: Spending, limits: Limits): AgentBudgetName | undefined {
  const { modelCalls, toolCalls, tokens, costMicros } = used;
  const amounts = { modelCalls, toolCalls, tokens, costUsd: costMicros / MICROS };
  return (Object.keys(amounts) as (keyof typeof amounts)[]).find(
    (name) => amounts[name] > (limits[name] ?? Number.POSITIVE_INFINITY),
  );
}

const sum = (a: Spending, b: Spending): Spending => ({
  modelCalls: a.modelCalls + b.modelCalls,
  toolCalls: a.toolCalls + b.toolCalls,
  tokens: a.tokens + b.tokens,
  costMicros: a.costMicros + b.costMicros,
});

function book(draft: Draft, step: StepRow, amount: Spending, sign: 1 | -1): StepRow {
  const signed = {
    modelCalls: sign * amount.modelCalls,
    toolCalls: sign * amount.toolCalls,
    tokens: sign * amount.tokens,
    costMicros: sign * amount.costMicros,
  };
  Object.assign(draft.task, sum(draft.task, signed));
  for (const agent of agentsAbove(draft, step)) charge(draft, agent, signed);
  return step.call === null ? step : charge(draft, step, signed);
}

const charge = (draft: Draft, step: StepRow, amount: Spending): StepRow =>
  draft.change(step.id, { spent: sum({ ...NOTHING, ...draft.step(step.id).spent }, amount) });

/** What one sending may use at most: of a model its whole answer, and as large a context as its agent may have. */
function needOf(draft: Draft, step: StepRow): Spending {
  if (step.kind !== 'model') return { ...NOTHING, toolCalls: step.tool === APPROVAL ? 0 : 1 };
  const { maxOutputTokens, contextBytesMax, model } = agentOf(draft, draft.step(step.parentId!));
  const inputTokens = Math.ceil(contextBytesMax / BYTES_PER_TOKEN);
  const prices = draft.surroundings.prices[model] ?? { inputPerMillion: 0, outputPerMillion: 0 };
  const costMicros = Math.ceil(inputTokens * prices.inputPerMillion + maxOutputTokens * prices.outputPerMillion);
  return { ...NOTHING, modelCalls: 1, tokens: inputTokens + maxOutputTokens, costMicros };
}
