import type { StepDocument } from '../plan/plan';
import { aPlan, aStep, compiled, SHELF } from '../plan/plan.fixture';
import { compilePlan } from '../plan/plan-rules';
import { APPROVAL_CONTRACT, planApprovalId, supervised } from './approval';

const PLAN_APPROVAL = planApprovalId(1);

const ask = (given: Partial<StepDocument> = {}): StepDocument => ({ id: 'ok', approval: 'Shall we?', ...given });
const problemsOf = (...steps: StepDocument[]) => {
  const verdict = compilePlan(aPlan(...steps), SHELF);
  return verdict.ok ? [] : verdict.problems.map(({ pointer, code }) => `${code} ${pointer}`);
};

describe('an approval', () => {
  it('is a call of a tool that nothing is sent to without a permit', () => {
    const { steps, body } = compiled(aPlan(ask({ input: { amount: 7 } })));

    expect(steps[0]).toMatchObject({
      kind: 'tool',
      tool: APPROVAL_CONTRACT.name,
      permit: true,
      effect: 'none',
      input: { ask: 'Shall we?', about: { amount: 7 } },
    });
    expect(Object.keys(body.pins)).toEqual([APPROVAL_CONTRACT.name]);
  });

  it('needs what it reads', () => {
    const [, ok] = compiled(aPlan(aStep('a'), ask({ approval: 'Shall ${{ steps.a.output.x }}?' }))).steps;

    expect(ok?.needs).toEqual([0]);
  });

  it.each<[string, StepDocument, string]>([
    ['a tool', ask({ tool: 'echo' }), 'contradiction /plan/steps/0/approval'],
    ['nothing to ask', ask({ approval: ' ' }), 'required /plan/steps/0/approval'],
    ['a check', ask({ check: 'true' }), 'not_for_approval /plan/steps/0/check'],
    ['a permit', ask({ permit: true }), 'not_for_approval /plan/steps/0/permit'],
    ['no step behind its name', ask({ approval: '${{ steps.b.output }}' }), 'unknown_step /plan/steps/0/approval'],
    ['no expression', ask({ approval: '${{ 1 + }}' }), 'bad_expression /plan/steps/0/approval'],
    ['no input', ask({ input: { a: '${{ 1 + }}' } }), 'bad_expression /plan/steps/0/input/a'],
  ])('is refused with %s', (_what, step, problem) => {
    expect(problemsOf(step)).toEqual([problem]);
  });

  it('is nothing that a step may name', () => {
    expect(problemsOf({ id: 'a', tool: APPROVAL_CONTRACT.name })).toEqual(['unknown_tool /plan/steps/0/tool']);
    expect(problemsOf(ask(), { id: 'a', tool: APPROVAL_CONTRACT.name })).toEqual(['unknown_tool /plan/steps/1/tool']);
  });
});

describe('a supervised plan', () => {
  const document = aPlan(aStep('a'), aStep('b', { needs: ['a'] }));

  it('has an approval before everything else, of this plan and no other', () => {
    const { steps } = supervised(document);

    expect(steps.map(({ id, needs }) => [id, needs])).toEqual([
      [PLAN_APPROVAL, undefined],
      ['a', [PLAN_APPROVAL]],
      ['b', [PLAN_APPROVAL, 'a']],
    ]);
    expect(steps[0]?.input).not.toEqual(supervised(aPlan(aStep('a'))).steps[0]?.input);
  });

  it('keeps that name to itself', () => {
    const verdict = compilePlan(aPlan(aStep(PLAN_APPROVAL)), SHELF, { supervised: true });

    expect(verdict).toMatchObject({ ok: false, problems: [{ code: 'reserved_id', pointer: '/plan/steps/0/id' }] });
  });
});
