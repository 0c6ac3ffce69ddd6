import type { StepDocument } from '../plan/plan';
import { aPlan, aStep, compiled, SHELF } from '../plan/plan.fixture';
import { diffOfPlans, revisePlan, type Standing } from './revise-plan';

const PINNED = new Map([...SHELF.values()].map((contract) => [contract.hash, contract]));

/** A plan whose steps stand so, and another one in its place. */
function revised(
  steps: readonly [StepDocument, Standing][],
  proposed: readonly StepDocument[],
  given: { supervised?: boolean; stepsMax?: number } = {},
) {
  const underway = {
    plan: compiled(aPlan(...steps.map(([step]) => step))),
    revision: 1,
    standings: steps.map(([, standing]) => standing),
  };
  const shelf = { tools: SHELF, agents: new Map(), pinned: PINNED };
  return { before: underway.plan, ...revisePlan(underway, aPlan(...proposed), shelf, given) };
}

function planOf(...[steps, proposed, given]: Parameters<typeof revised>) {
  const verdict = revised(steps, proposed, given);
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problems));
  return { ...verdict, diff: diffOfPlans(verdict.before.body, verdict.plan.body) };
}

function problemsOf(...[steps, proposed, given]: Parameters<typeof revised>): string[] {
  const verdict = revised(steps, proposed, given);
  return verdict.ok ? [] : verdict.problems.map(({ code, pointer }) => `${code} ${pointer}`);
}

const a = aStep('a');
const b = aStep('b', { needs: ['a'] });
const c = aStep('c', { needs: ['b'] });

describe('a plan in the place of another one', () => {
  it('keeps what has begun in its place, whether it is named or not, and puts what is new behind', () => {
    const { plan, diff } = planOf(
      [
        [a, 'begun'],
        [b, 'open'],
        [c, 'open'],
      ],
      [aStep('d', { needs: ['a'] })],
    );

    expect(plan.steps.map(({ key }) => key)).toEqual(['a', 'b', 'c', 'd']);
    expect(plan.body.retired).toEqual([1, 2]);
    expect(plan.steps[3]?.needs).toEqual([0]);
    expect(plan.steps[0]?.dependants).toEqual([3]);
    expect(diff).toEqual({ kept: ['a'], added: ['d'], dropped: ['b', 'c'] });
  });

  it('keeps what has not begun only where it is named, unchanged', () => {
    const { plan, diff } = planOf(
      [
        [a, 'begun'],
        [b, 'open'],
        [c, 'open'],
      ],
      [b, aStep('d', { needs: ['b'] })],
    );

    expect(diff).toEqual({ kept: ['a', 'b'], added: ['d'], dropped: ['c'] });
    expect(plan.steps[1]).toMatchObject({ key: 'b', needs: [0], dependants: [3] });
  });

  it('has nobody wait for what has left, nor what has left for anybody', () => {
    const { plan } = planOf(
      [
        [a, 'begun'],
        [b, 'over'],
        [c, 'over'],
      ],
      [aStep('d', { needs: ['a'] })],
    );

    expect(plan.steps.map(({ needs, dependants }) => [needs, dependants])).toEqual([
      [[], [3]],
      [[], []],
      [[], []],
      [[0], []],
    ]);
  });

  it('may be revised in its turn', () => {
    const first = planOf(
      [
        [a, 'begun'],
        [b, 'open'],
      ],
      [aStep('d')],
    );
    const underway = { plan: first.plan, revision: 2, standings: ['begun', 'over', 'open'] as const };

    const second = revisePlan(underway, aPlan(aStep('e')), { tools: SHELF, agents: new Map(), pinned: PINNED });

    expect(second).toMatchObject({ ok: true, plan: { body: { retired: [1, 2] } } });
  });

  it('goes on to mean by a name what the plan before it meant', () => {
    const other = new Map([...SHELF].map(([name, contract]) => [name, { ...contract, hash: `newer ${name}` }]));
    const underway = { plan: compiled(aPlan(a)), revision: 1, standings: ['begun'] as const };

    const verdict = revisePlan(underway, aPlan(aStep('d'), aStep('e', { tool: 'mail.send' })), {
      tools: other,
      agents: new Map(),
      pinned: PINNED,
    });

    const { hash } = SHELF.get('echo')!;
    expect(verdict).toMatchObject({
      plan: { body: { pins: { echo: { hash }, 'mail.send': { hash: 'newer mail.send' } } } },
    });
  });

  it('of a supervised task has what is new approved of', () => {
    const { plan } = planOf([[a, 'begun']], [a, aStep('d', { needs: ['a'] })], { supervised: true });

    expect(plan.steps.map(({ key, needs }) => [key, needs])).toEqual([
      ['a', []],
      ['approve-plan-2', []],
      ['d', [0, 1]],
    ]);
  });

  it.each<[string, [StepDocument, Standing][], StepDocument[], string]>([
    ['changes what has begun', [[a, 'begun']], [aStep('a', { input: { x: 1 } })], 'already_begun /plan/steps/0'],
    [
      'changes what has not, under its old name',
      [[a, 'open']],
      [aStep('a', { priority: 1 })],
      'id_taken /plan/steps/0/id',
    ],
    ['takes the name of what is over', [[a, 'over']], [aStep('d'), a], 'id_taken /plan/steps/1/id'],
    ['needs what has left', [[a, 'over']], [aStep('d', { needs: ['a'] })], 'unknown_step /plan/steps/0/needs/0'],
    [
      'leaves out what stays stands on',
      [
        [a, 'open'],
        [b, 'open'],
      ],
      [b],
      'unknown_step /plan',
    ],
    [
      'leaves out a fallback of what has begun',
      [
        [aStep('a', { onFailure: { fallback: 'x' } }), 'begun'],
        [aStep('x'), 'open'],
      ],
      [aStep('d')],
      'unknown_step /plan',
    ],
    [
      'keeps what stands in for a step that leaves',
      [
        [aStep('a', { onFailure: { fallback: 'x' } }), 'open'],
        [aStep('x'), 'open'],
      ],
      [aStep('x')],
      'stands_in /plan/steps/0',
    ],
    [
      'breaks a rule of every plan',
      [[a, 'begun']],
      [aStep('d', { tool: 'no.such' })],
      'unknown_tool /plan/steps/0/tool',
    ],
  ])('is refused where it %s', (_what, steps, proposed, problem) => {
    expect(problemsOf(steps, proposed)).toEqual([problem]);
  });
});
