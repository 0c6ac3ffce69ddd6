import { LIMITS } from '../limits';
import type { StepDocument } from './plan';
import { aPlan, aStep, compiled } from './plan.fixture';
import { runFrom } from './runs';

const runOf = (...steps: readonly StepDocument[]) => runFrom(compiled(aPlan(...steps)), 0);
const behind = (id: string, before: string, changes: Partial<StepDocument> = {}) =>
  aStep(id, { needs: [before], ...changes });

describe('a run', () => {
  it('is the chain from its first step on, in which each waits only for the one before', () => {
    expect(runOf(aStep('a'), behind('b', 'a'), behind('c', 'b'))).toEqual([0, 1, 2]);
    expect(runOf(aStep('a'), behind('c', 'b'), behind('b', 'a'))).toEqual([0, 2, 1]);
  });

  it('goes on with the first in plan order where several could', () => {
    expect(runOf(aStep('a'), behind('b', 'a', { when: 'true' }), behind('c', 'a'), behind('d', 'a'))).toEqual([0, 2]);
  });

  it('has a bound', () => {
    const chain = Array.from({ length: 200 }, (_, i) => aStep(`s${i}`, { needs: i === 0 ? [] : [`s${i - 1}`] }));

    expect(runOf(...chain)).toEqual(Array.from({ length: LIMITS.RUN_STEPS_MAX }, (_, i) => i));
  });

  it.each<[string, Partial<StepDocument>]>([
    ['a gate', { when: 'true' }],
    ['items', { forEach: 'input.list' }],
    ['a check', { check: 'true' }],
    ['a tool that is read back', { tool: 'tickets.find' }],
    ['a permit', { permit: true }],
    ['another lane', { tool: 'mail.send' }],
    ['another need', { needs: ['a', 'x'] }],
    ['what it stands in for', { needs: [] }],
  ])('ends before a step with %s', (what, changes) => {
    const onFailure = what === 'what it stands in for' ? { fallback: 'b' } : undefined;

    expect(runOf(aStep('a', { onFailure }), behind('b', 'a', changes), aStep('x'))).toEqual([0]);
  });

  it.each<[string, Partial<StepDocument>]>([
    ['items', { forEach: 'input.list' }],
    ['a check', { check: 'true' }],
    ['a tool that is read back', { tool: 'tickets.find' }],
    ['a permit', { permit: true }],
    ['a failure that is let pass', { onFailure: 'continue' }],
  ])('ends behind a step with %s', (_what, changes) => {
    expect(runOf(aStep('a', changes), behind('b', 'a'))).toEqual([0]);
  });
});
