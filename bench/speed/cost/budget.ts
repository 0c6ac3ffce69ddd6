import { COSTS, type CostName, type StepCost } from './cost';

/** By how many tasks are under way at a time: the most that a step may cost. */
export type Budgets = Readonly<Record<string, Readonly<Partial<Record<CostName, number>>>>>;

export interface Excess {
  readonly concurrency: string;
  readonly cost: CostName;
  readonly measured: number;
  readonly budget: number;
}

/** Pure. What has no budget may cost what it likes. */
export function excessesOf(costs: ReadonlyMap<number, StepCost>, budgets: Budgets): Excess[] {
  return [...costs].flatMap(([tasks, cost]) => {
    const budget = budgets[String(tasks)] ?? {};
    return (Object.keys(COSTS) as CostName[]).flatMap((name) => {
      const most = budget[name];
      if (most === undefined || cost[name] <= most) return [];
      return [{ concurrency: String(tasks), cost: name, measured: cost[name], budget: most }];
    });
  });
}

export const sayExcess = ({ concurrency, cost, measured, budget }: Excess): string =>
  `${COSTS[cost]} a step with ${concurrency} tasks at a time: ${figure(measured)}, and ${figure(budget)} is the budget`;

const figure = (value: number): string => String(+value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0));
