import { closureOf } from '../agent/agent-grants';
import { assertNever } from '../assert-never';
import { supervised } from '../permit/approval';
import type { EffectClass, ResolvedContract } from '../tool-contract';
import type { WorstCase } from './budget-rules';
import { worstCaseOf } from './budget-rules';
import { mermaidOf } from './mermaid';
import type { PlanDocument, Problem, StepDocument } from './plan';
import { APPROVAL, calleeOf } from './plan';
import { graphOf } from './plan-graph';
import { readPlan } from './plan-reading';
import type { PlanOptions } from './plan-rules';
import { compilePlan } from './plan-rules';

/** What a step does to the world. */
export interface StepEffect {
  readonly step: string;
  readonly tool: string;
  readonly effect: EffectClass;
  /** What happens when nobody knows whether a call was done. */
  readonly retry: string;
}

/** A call that waits for a person. `because`: whose word it is. */
export interface StepPermit {
  readonly step: string;
  readonly tool: string;
  readonly because: 'approval' | 'step' | 'contract';
}

/** The answer of POST /v1/plans/check. `effects` leaves out steps whose tool is unknown. */
export interface PlanCheck {
  readonly problems: readonly Problem[];
  readonly effects: readonly StepEffect[];
  readonly permits: readonly StepPermit[];
  readonly budget: WorstCase;
  /** A Mermaid flow chart. */
  readonly mermaid: string;
}

export function checkPlan(
  written: PlanDocument,
  contracts: ReadonlyMap<string, ResolvedContract>,
  options: PlanOptions = {},
): PlanCheck {
  const verdict = compilePlan(written, contracts, options);
  const document = options.supervised ? supervised(written) : written;
  return {
    problems: verdict.ok ? [] : verdict.problems,
    effects: effectsOf(document, contracts, options),
    permits: permitsOf(document, contracts, options),
    budget: worstCaseOf(document, contracts, options),
    mermaid: mermaidOf(document, graphOf(readPlan(document, ''))),
  };
}

function effectsOf(
  document: PlanDocument,
  contracts: ReadonlyMap<string, ResolvedContract>,
  options: PlanOptions,
): StepEffect[] {
  return document.steps.flatMap((step) =>
    toolsOf(step, contracts, options).flatMap((tool) => {
      const contract = contracts.get(tool);
      return contract ? [{ step: step.id, tool, effect: contract.effect, retry: retryText(contract) }] : [];
    }),
  );
}

function permitsOf(
  document: PlanDocument,
  contracts: ReadonlyMap<string, ResolvedContract>,
  options: PlanOptions,
): StepPermit[] {
  return document.steps.flatMap((step): StepPermit[] => {
    if (step.approval !== undefined) return [{ step: step.id, tool: APPROVAL, because: 'approval' }];
    if (step.permit) return [{ step: step.id, tool: calleeOf(step), because: 'step' }];
    const bound = toolsOf(step, contracts, options).filter((tool) => contracts.get(tool)?.permit);
    return bound.map((tool) => ({ step: step.id, tool, because: 'contract' }));
  });
}

/** Of an agent every tool that it, or an agent under it, can come to call. */
function toolsOf(
  step: StepDocument,
  contracts: ReadonlyMap<string, ResolvedContract>,
  { agents, grants }: PlanOptions,
): readonly string[] {
  if (step.agent === undefined) return [calleeOf(step)];
  return closureOf({ steps: [step] }, contracts.keys(), agents ?? new Map(), grants).tools;
}

function retryText({ effect, dedupeWindowMs, probe }: ResolvedContract): string {
  switch (effect) {
    case 'none':
      return 'Sent again: the tool changes nothing.';
    case 'transactional':
      return 'Cannot be unknown: intent, effect and answer are one transaction.';
    case 'keyed':
      return `Sent again with the same key and the same bytes for ${dedupeWindowMs ?? 0} ms; after that a person decides.`;
    case 'probed':
      return probe?.absentAfterMs === undefined
        ? 'The tool is asked; what happened is taken, anything else waits for a person.'
        : `The tool is asked; what happened is taken, and it is sent again only when proven absent after ${probe.absentAfterMs} ms.`;
    case 'opaque':
      return 'Never sent again: a person decides.';
    default:
      return assertNever(effect);
  }
}
