import { LIMITS } from '../limits';
import type { CompiledPlan, CompiledStep } from './plan';

/**
 * The steps that are dispatched together from `index` on: a chain in which each next one waits only for the one before
 * it and for nobody else's word, so that the executor may go on by itself. At most RUN_STEPS_MAX, `index` first.
 */
export function runFrom(plan: CompiledPlan, index: number): number[] {
  const run = [index];
  let last = plan.steps[index]!;
  while (run.length < LIMITS.RUN_STEPS_MAX && letsGoOn(last)) {
    const next = followerOf(plan, last);
    if (next === undefined) break;
    run.push(next.index);
    last = next;
  }
  return run;
}

/** Nothing has to be decided between this step's success and the next one's start. */
const letsGoOn = (step: CompiledStep): boolean =>
  step.kind === 'tool' && step.forEach === undefined && !step.needsVerdict && !step.permit && step.onFailure === 'fail';

/** Of several that would qualify the first in plan order; the others start runs of their own. */
function followerOf(plan: CompiledPlan, before: CompiledStep): CompiledStep | undefined {
  const index = before.dependants.find((dependant) => follows(plan.steps[dependant]!, before));
  return index === undefined ? undefined : plan.steps[index];
}

const follows = (step: CompiledStep, before: CompiledStep): boolean =>
  step.kind === 'tool' &&
  step.needs.length === 1 &&
  step.lane === before.lane &&
  step.when === undefined &&
  step.forEach === undefined &&
  step.fallbackOf === undefined &&
  !step.needsVerdict &&
  !step.permit;
