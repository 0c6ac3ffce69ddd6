import type { PlanDocument, StepDocument } from '@muster/domain';
import type { StepInput } from './bench-tool';

export const STEP_TOOL = 'bench.step';
/** Of steps that must not take effect twice. */
export const EFFECT_TOOL = 'bench.effect';

export interface DagNode {
  readonly id: string;
  readonly i: number;
  readonly deps: readonly string[];
}

/** Steps one after the other. What they are called with is the same for every chain of a length, as in the peers. */
export function chainPlan(length: number, input: Omit<StepInput, 'n'> = {}, tool = STEP_TOOL): PlanDocument {
  const step = (n: number): StepDocument => ({
    id: `s${n}`,
    tool,
    input: { ...input, n },
    ...(n > 0 && { needs: [`s${n - 1}`] }),
  });
  return { steps: Array.from({ length }, (_, n) => step(n)) };
}

/** Items in parallel and a step that needs them all. The task's input holds `items`. */
export function fanOutPlan(ms: number): PlanDocument {
  const part = { id: 'part', tool: STEP_TOOL, forEach: '${{ input.items }}', as: 'n' };
  return {
    steps: [
      { ...part, input: { n: '${{ n }}', ms } },
      { id: 'join', tool: STEP_TOOL, needs: ['part'], input: { n: 0 } },
    ],
  };
}

export function dagPlan(nodes: readonly DagNode[]): PlanDocument {
  return { steps: nodes.map(({ id, i, deps }) => ({ id, tool: STEP_TOOL, input: { n: i }, needs: [...deps] })) };
}
