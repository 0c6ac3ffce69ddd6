import { randomUUID } from 'node:crypto';
import type { Muster } from '../../../test/support/muster';
import { chainPlan } from '../adapter/plans';
import type { Servers } from '../servers';
import { costOf, type StepCost } from './cost';
import { prepareCounters, readCounters, type Spending, spendingBetween } from './counters';
import { dearestStatements, forgetStatements, type StatementCost } from './statements';

const CHAIN = 10;
const PLAN = chainPlan(CHAIN);
/** Tasks under way at a time, with the tasks that are measured so. */
const LOADS: ReadonlyMap<number, number> = new Map([
  [1, 60],
  [10, 200],
  [100, 600],
]);
const IDLE_MS = 4_000;
const REST_MS_MAX = 120_000;

export interface CostRun {
  /** By tasks under way at a time. */
  readonly costs: ReadonlyMap<number, StepCost>;
  /** What was spent in all, for who wants to see which part spends it. */
  readonly spent: ReadonlyMap<number, Spending>;
  /** What Postgres worked on longest, over all loads. */
  readonly statements: readonly StatementCost[];
}

/** As many tasks in a quick run as in any other: fewer would be mostly the pages that a checkpoint lets be written whole. */
export async function measureCosts(muster: Muster, servers: Servers, tell: (line: string) => void): Promise<CostRun> {
  await prepareCounters(muster);
  await work(muster, 100, 20);
  tell('cost of a step: what is spent while nothing is to be done');
  const idle = await spentBy(muster, servers, () => new Promise((resolve) => setTimeout(resolve, IDLE_MS)));
  await forgetStatements(muster);
  let steps = 0;
  const [costs, spent] = [new Map<number, StepCost>(), new Map<number, Spending>()];
  for (const [atATime, tasks] of LOADS) {
    tell(`cost of a step: ${tasks} chains of ${CHAIN}, ${atATime} at a time`);
    const spending = await spentBy(muster, servers, () => work(muster, tasks, atATime));
    steps += tasks * CHAIN;
    spent.set(atATime, spending);
    costs.set(atATime, costOf(spending, idle, tasks * CHAIN));
  }
  return { costs, spent, statements: await dearestStatements(muster, steps) };
}

async function spentBy(muster: Muster, servers: Servers, doIt: () => Promise<void>): Promise<Spending> {
  const before = await readCounters(muster, servers);
  await doIt();
  return spendingBetween(before, await readCounters(muster, servers));
}

/** So many tasks, so many at a time, each waited for by whoever submitted it. */
async function work(muster: Muster, tasks: number, atATime: number): Promise<void> {
  let begun = 0;
  const caller = async (): Promise<void> => {
    while (begun++ < tasks) {
      const { id } = await muster.client.tasks.submit({ plan: PLAN }, { idempotencyKey: randomUUID() });
      const { state } = await muster.client.tasks.wait(id, REST_MS_MAX);
      if (state !== 'completed') throw new Error(`${id} is ${state}.`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, caller));
}
