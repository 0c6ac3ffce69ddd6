import type { ResolvedContract } from '../tool-contract';
import type { StepPair } from './ordering';
import { runOrderOf, unorderedPairs } from './ordering';
import type { Problem } from './plan';
import type { PlanGraph } from './plan-graph';
import type { StepReading } from './plan-reading';
import { resourcesOf } from './written-resources';

interface Writers extends StepPair {
  readonly resource: string;
}

/**
 * Steps that may run at the same time and write the same. Of one resource all writers have to stand in a row: it is
 * enough to look at each and the next one in an order of the plan.
 */
export function writeProblems(
  steps: readonly StepReading[],
  graph: PlanGraph,
  contracts: ReadonlyMap<string, ResolvedContract>,
): Problem[] {
  if (![...contracts.values()].some((contract) => contract.writes?.length)) return [];
  const runOrder = runOrderOf(graph);
  const { pairs, problems } = writersOf(steps, runOrder.order, contracts);
  const unordered = unorderedPairs(pairs, runOrder).map(({ earlier, later, resource }) => {
    const [first, second] = [steps[Math.min(earlier, later)]!, steps[Math.max(earlier, later)]!];
    const message = `'${first.step.id}' and '${second.step.id}' may run at the same time, and both write '${resource}'. Let one need the other.`;
    return { pointer: second.pointer, code: 'parallel_writes', message };
  });
  return [...problems, ...unordered];
}

function writersOf(
  steps: readonly StepReading[],
  order: readonly number[],
  contracts: ReadonlyMap<string, ResolvedContract>,
): { readonly pairs: readonly Writers[]; readonly problems: readonly Problem[] } {
  const pairs: Writers[] = [];
  const problems: Problem[] = [];
  const lastWriter = new Map<string, number>();
  for (const index of order) {
    const { step, pointer } = steps[index]!;
    for (const { name, isOfItem } of resourcesOf(step, contracts.get(step.tool ?? ''))) {
      if (isOfItem) continue;
      if (step.forEach !== undefined && step.maxParallel !== 1) problems.push(itemsWriteSame(name, pointer));
      const earlier = lastWriter.get(name);
      if (earlier !== undefined && earlier !== index) pairs.push({ earlier, later: index, resource: name });
      lastWriter.set(name, index);
    }
  }
  return { pairs, problems };
}

const itemsWriteSame = (resource: string, pointer: string): Problem => ({
  pointer: `${pointer}/forEach`,
  code: 'parallel_writes',
  message: `Every item writes '${resource}' at the same time. Name it by the item, or set 'maxParallel' to 1.`,
});
