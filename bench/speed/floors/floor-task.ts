import { createHash } from 'node:crypto';
import { CHAIN_START, LIMITS, newUuid, operationId, type PlanDocument } from '@muster/domain';
import type { StepInput } from '../adapter/bench-tool';

/** A step as the plan has it; steps are named by their index. */
interface PlannedStep {
  readonly key: string;
  readonly input: StepInput;
  /** The exact bytes that its intent keeps, as text. */
  readonly request: string;
  readonly needs: readonly number[];
  readonly dependants: readonly number[];
}

export interface FloorPlan {
  readonly hash: string;
  readonly text: string;
  readonly steps: readonly PlannedStep[];
  /** Each step needs the one before it and nothing else: it goes as one run, as Muster's chains do. */
  readonly isRun: boolean;
}

export interface FloorStep extends PlannedStep {
  readonly index: number;
  readonly id: string;
  readonly operationId: string;
  /** Needs that have not been met. */
  unmet: number;
}

/** A task as the program that runs it has it in memory. */
export interface FloorTask {
  readonly id: string;
  readonly plan: FloorPlan;
  readonly steps: readonly FloorStep[];
  open: number;
  called: number;
  /** The last event of its history. */
  seq: number;
  hash: string;
}

export function planOf(document: PlanDocument): FloorPlan {
  const indexOf = new Map(document.steps.map(({ id }, index) => [id, index]));
  const needs = document.steps.map((step) => (step.needs ?? []).map((need) => indexOf.get(need)!));
  const dependants: number[][] = document.steps.map(() => []);
  for (const [index, ofStep] of needs.entries()) for (const need of ofStep) dependants[need]!.push(index);
  const steps = document.steps.map(({ id, input }, index) => ({
    key: id,
    input: input as unknown as StepInput,
    request: JSON.stringify(input),
    needs: needs[index]!,
    dependants: dependants[index]!,
  }));
  const text = JSON.stringify({ document, pins: {} });
  return { hash: createHash('sha256').update(text).digest('hex'), text, steps, isRun: isRun(needs) };
}

const isRun = (needs: readonly (readonly number[])[]): boolean =>
  needs.length <= LIMITS.RUN_STEPS_MAX &&
  needs.every((ofStep, index) => (index === 0 ? ofStep.length === 0 : ofStep.length === 1 && ofStep[0] === index - 1));

export function taskOf(plan: FloorPlan): FloorTask {
  const id = newUuid();
  const steps = plan.steps.map((step, index) => ({
    ...step,
    index,
    id: newUuid(),
    operationId: operationId(id, step.key, 1),
    unmet: step.needs.length,
  }));
  return { id, plan, steps, open: steps.length, called: 0, seq: 0, hash: CHAIN_START };
}

/** The steps that go with the submission. */
export const firstOf = ({ steps }: FloorTask): FloorStep[] => steps.filter(({ needs }) => needs.length === 0);

/** Notes that a step has its answer; answers which steps have all they need now. */
export function settle(task: FloorTask, step: FloorStep): FloorStep[] {
  task.open -= 1;
  return step.dependants.map((index) => task.steps[index]!).filter((dependant) => --dependant.unmet === 0);
}
