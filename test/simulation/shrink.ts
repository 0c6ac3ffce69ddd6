import type { PlanDocument, StepDocument } from '@muster/domain';
import { FAULTS, type Mix } from './mix';
import { isValid } from './plans';
import type { Scenario } from './schedule';

/** What is wrong with a scenario; nothing where all is well. */
export type Judge = (scenario: Scenario) => string | undefined;

const RUNS_MAX = 20_000;
/** A smaller scenario draws other numbers: as many seeds are tried before it counts as harmless. */
const SEEDS = 25;
const SEED_STRIDE = 1_000_003;

/** The smallest scenario found that comes to the same finding: shorter, with fewer faults, fewer and plainer steps. */
export function shrink(scenario: Scenario, judge: Judge): Scenario {
  const kind = kindOf(judge(scenario) ?? '');
  let smallest = scenario;
  let runs = 0;
  const fails = (candidate: Scenario): Scenario | undefined => {
    for (let turn = 0; turn < SEEDS && runs < RUNS_MAX; turn++) {
      runs += 1;
      const tried = { ...candidate, seed: (smallest.seed + turn * SEED_STRIDE) >>> 0 };
      if (kindOf(judge(tried) ?? '') === kind) return tried;
    }
    return undefined;
  };
  for (let found: Scenario | undefined = scenario; found; ) {
    found = firstOf(smaller(smallest), fails);
    smallest = found ?? smallest;
  }
  return smallest;
}

/** Findings are of one kind when they differ in names and numbers only. */
export const kindOf = (finding: string): string =>
  finding
    .replace(/\bs\d+(\[\d+\])?(@\d+)?/g, 'S')
    .replace(/\d+/g, 'N')
    .replace(/:.*/s, '');

function firstOf<T, R>(candidates: Iterable<T>, fits: (candidate: T) => R | undefined): R | undefined {
  for (const candidate of candidates) {
    const found = fits(candidate);
    if (found) return found;
  }
  return undefined;
}

function* smaller(scenario: Scenario): Generator<Scenario> {
  const { mix, one } = scenario;
  for (const turns of new Set([0, mix.turns >> 1, Math.floor(mix.turns * 0.8), mix.turns - 1]))
    if (turns >= 0 && turns < mix.turns) yield { ...scenario, mix: { ...mix, turns } };
  for (const document of plainerPlans(one.document)) yield { ...scenario, one: { ...one, document } };
  if (one.deadlineMs !== undefined) yield { ...scenario, one: { ...one, deadlineMs: undefined } };
  if (one.budget.toolCalls !== undefined) yield { ...scenario, one: { ...one, budget: {} } };
  for (const fault of FAULTS) if (mix[fault] > 0) yield { ...scenario, mix: { ...mix, [fault]: 0 } satisfies Mix };
}

function* plainerPlans(document: PlanDocument): Generator<PlanDocument> {
  const { steps } = document;
  for (const step of steps) {
    if (steps.length > 1) yield* valid({ ...document, steps: without(steps, step.id) });
    for (const name of ['when', 'forEach', 'maxParallel', 'check', 'onFailure', 'input', 'retry'] as const) {
      if (step[name] === undefined) continue;
      const { [name]: _gone, ...plain } = step;
      yield* valid({ ...document, steps: steps.map((other) => (other === step ? plain : other)) });
    }
  }
  const { completion: _completion, output: _output, ...plain } = document;
  if (document.completion ?? document.output) yield* valid(plain);
}

function* valid(document: PlanDocument): Generator<PlanDocument> {
  if (isValid(document)) yield document;
}

function without(steps: readonly StepDocument[], id: string): StepDocument[] {
  return steps
    .filter((step) => step.id !== id)
    .map((step) => {
      const { onFailure, input, ...plain } = step;
      const needs = step.needs?.filter((need) => need !== id) ?? [];
      const isOrphan = typeof onFailure === 'object' && onFailure.fallback === id;
      const reads = input !== undefined && needs.length === (step.needs?.length ?? 0);
      return { ...plain, needs, ...(isOrphan ? {} : { onFailure }), ...(reads ? { input } : {}) };
    });
}
