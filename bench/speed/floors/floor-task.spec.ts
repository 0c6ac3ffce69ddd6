import { chainPlan, dagPlan } from '../adapter/plans';
import { firstOf, planOf, settle, taskOf } from './floor-task';

const DIAMOND = dagPlan([
  { id: 'a', i: 0, deps: [] },
  { id: 'b', i: 1, deps: ['a'] },
  { id: 'c', i: 2, deps: ['a'] },
  { id: 'd', i: 3, deps: ['b', 'c'] },
]);

describe('a task of the floor', () => {
  it('goes on with a step when all it needs has its answer', () => {
    const task = taskOf(planOf(DIAMOND));
    const [a, b, c] = task.steps;

    const ready = [a, b, c].map((step) => settle(task, step!).map(({ key }) => key));

    expect(firstOf(task).map(({ key }) => key)).toEqual(['a']);
    expect(ready).toEqual([['b', 'c'], [], ['d']]);
    expect(task.open).toBe(1);
  });

  it('is a run where it is a chain', () => {
    expect([chainPlan(5), DIAMOND].map((plan) => planOf(plan).isRun)).toEqual([true, false]);
  });
});
