import { checkExpression } from '../expression/expression';
import { ITEM_NAME } from '../expression/scope';
import type { ExpressionUse } from '../expression/template';
import { checkTemplate } from '../expression/template';
import type { JsonObject } from '../json';
import { childPointer } from '../json-pointer';
import { approvalInput, approvalPointer, approvalProblems } from '../permit/approval';
import type { PlanDocument, Problem, StepDocument } from './plan';

/** Keys of the steps that are read, with the pointer of the first place that does. */
export type Reads = ReadonlyMap<string, string>;

/** What a step's expressions read, and which of them are none. */
export interface StepReading {
  readonly step: StepDocument;
  readonly pointer: string;
  readonly input: Reads;
  readonly gate: Reads;
  readonly check: Reads;
  /** Every expression of it, by the part it stands in. */
  readonly uses: { readonly [part in 'input' | 'gate' | 'check']: readonly ExpressionUse[] };
  readonly problems: readonly Problem[];
}

/** A plan with its expressions read: what both the rules and the compiler go by. */
export interface PlanReading {
  readonly document: PlanDocument;
  readonly pointer: string;
  readonly steps: readonly StepReading[];
  readonly completion: Reads;
  readonly output: Reads;
  /** The expressions of `completion` and `output`. */
  readonly uses: readonly ExpressionUse[];
  /** Problems of `completion` and `output`. */
  readonly problems: readonly Problem[];
}

const PLAN_VARIABLES: readonly string[] = ['input', 'steps'];

export function readPlan(document: PlanDocument, pointer: string): PlanReading {
  const completion = readCriteria(document.completion ?? [], `${pointer}/completion`);
  const output = checkTemplate(document.output ?? null, PLAN_VARIABLES, `${pointer}/output`);
  return {
    document,
    pointer,
    steps: document.steps.map((step, i) => readStep(step, `${pointer}/steps/${i}`)),
    completion: completion.reads,
    output: output.reads,
    uses: [...completion.uses, ...output.uses],
    problems: [...completion.problems, ...output.problems],
  };
}

/** The name of a step's item inside its expressions. */
export const itemNameOf = (step: StepDocument): string => step.as ?? ITEM_NAME;

interface Reading {
  readonly reads: Reads;
  readonly uses: readonly ExpressionUse[];
  readonly problems: readonly Problem[];
}

// Most steps have no gate and no check; a plan may have a hundred thousand of them.
const NOTHING_READ: Reading = { reads: new Map(), uses: [], problems: [] };

function readStep(step: StepDocument, pointer: string): StepReading {
  const item = step.forEach === undefined ? [] : [itemNameOf(step)];
  const input = readInput(step, [...PLAN_VARIABLES, ...item], `${pointer}/input`);
  const gate = readExpressions({ when: step.when, forEach: step.forEach }, PLAN_VARIABLES, pointer);
  const check = readExpressions({ check: step.check }, [...PLAN_VARIABLES, ...item, 'output'], pointer);
  return {
    step,
    pointer,
    input: input.reads,
    gate: gate.reads,
    check: check.reads,
    uses: { input: input.uses, gate: gate.uses, check: check.uses },
    problems: [...gate.problems, ...input.problems, ...check.problems, ...approvalProblems(step, pointer)],
  };
}

/** What the step gives to what it calls. */
export const inputOf = (step: StepDocument): JsonObject =>
  step.approval === undefined ? (step.input ?? {}) : approvalInput(step);

function readInput(step: StepDocument, variables: readonly string[], pointer: string): Reading {
  const { reads, uses, problems } = checkTemplate(inputOf(step), variables, pointer);
  if (step.approval === undefined) return { reads, uses, problems };
  return {
    reads: new Map([...reads].map(([key, at]) => [key, approvalPointer(at)])),
    uses: uses.map((use) => ({ ...use, pointer: approvalPointer(use.pointer) })),
    problems: problems.map((problem) => ({ ...problem, pointer: approvalPointer(problem.pointer) })),
  };
}

/** Reads completion criteria or invariants: of a plan, or those that a task states beside it. */
export const readCriteria = (criteria: readonly string[], pointer: string): Reading =>
  readExpressions(Object.fromEntries(criteria.entries()), PLAN_VARIABLES, pointer);

function readExpressions(
  expressions: Readonly<Record<string, string | undefined>>,
  variables: readonly string[],
  pointer: string,
): Reading {
  const written = Object.entries(expressions).filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (written.length === 0) return NOTHING_READ;
  const reads = new Map<string, string>();
  const uses: ExpressionUse[] = [];
  const problems: Problem[] = [];
  for (const [name, text] of written) {
    const at = childPointer(pointer, name);
    const checked = checkExpression(text, variables);
    if (!checked.ok) {
      problems.push({ pointer: at, code: 'bad_expression', message: checked.message });
      continue;
    }
    uses.push({ pointer: at, paths: checked.paths, whole: checked.whole });
    for (const step of checked.steps) if (!reads.has(step)) reads.set(step, at);
  }
  return { reads, uses, problems };
}
