import type { PlanDocument, StepDocument } from '../plan/plan';
import { aPlan, aStep, problemsOf } from '../plan/plan.fixture';
import { inlineSkills, problemAtOrigin } from './inline-skills';
import type { SkillContract } from './skill-contract';

const aSkill = (name: string, plan: PlanDocument, parameters: object = { type: 'object' }): SkillContract => ({
  name,
  version: '1',
  description: '',
  parameters: parameters as SkillContract['parameters'],
  plan,
});

const GREET = aSkill(
  'greet',
  {
    steps: [
      aStep('look', { input: { who: '${{ input.name }}', n: '${{ input.n }}' } }),
      aStep('say', { when: 'input.n > 1 && steps.look.output.ok', input: { text: 'Dear ${{ input.name }}' } }),
    ],
    completion: ['steps.look.output.ok'],
    output: { said: '${{ steps.say.output.text }}', n: '${{ input.n }}' },
  },
  { type: 'object', properties: { name: { type: 'string' }, n: { type: 'integer' } }, required: ['name'] },
);

const skillStep = (id: string, changes: Partial<StepDocument> = {}): StepDocument => {
  const { tool: _none, ...step } = aStep(id, { skill: 'greet', input: { name: 'Ann', n: 2 }, ...changes });
  return step;
};

const inlined = (steps: readonly StepDocument[], more: Partial<PlanDocument> = {}, skills = [GREET]) =>
  inlineSkills({ steps, ...more }, new Map(skills.map((skill) => [skill.name, skill])));

describe('a plan with a skill', () => {
  it('gets its steps, with the input put in place of the parameters', () => {
    const { document, problems } = inlined([skillStep('hi', { input: { name: '${{ input.who }}', n: 2 } })]);

    expect(problems).toEqual([]);
    expect(document.steps).toEqual([
      { id: 'hi--look', tool: 'echo', input: { who: '${{ input.who }}', n: 2 } },
      {
        id: 'hi--say',
        tool: 'echo',
        when: '2 > 1 && steps["hi--look"].output.ok',
        input: { text: 'Dear ${{ input.who }}' },
      },
    ]);
    expect(document.completion).toEqual(['(steps["hi--look"].output.ok)']);
    expect(problemsOf(document)).toEqual([]);
  });

  it('lets others read what the skill gives, and wait for all of it', () => {
    const { document } = inlined(
      [
        aStep('first'),
        skillStep('hi', { needs: ['first'] }),
        aStep('then', { input: { x: '${{ steps.hi.output.said }}', n: '${{ steps.hi.output.n }}' } }),
        aStep('also', { needs: ['hi'] }),
      ],
      { output: '${{ steps.hi.output }}' },
    );

    expect(problemsOf(document)).toEqual([]);
    expect(document.steps[1]).toMatchObject({ id: 'hi--look', needs: ['first'] });
    expect(document.steps[3]).toMatchObject({
      id: 'then',
      needs: ['hi--say'],
      input: { x: '${{ steps["hi--say"].output.text }}', n: 2 },
    });
    expect(document.steps[4]).toMatchObject({ needs: ['hi--say'] });
    expect(document.output).toEqual({ said: '${{ steps["hi--say"].output.text }}', n: 2 });
  });

  it('skips all of it, and its criteria, where its condition does not hold', () => {
    const { document } = inlined([aStep('a'), skillStep('hi', { when: '${{ steps.a.output.ok }}' })]);

    expect(document.steps[1]).toMatchObject({ when: 'steps.a.output.ok' });
    expect(document.steps[2]!.when).toBe('(steps.a.output.ok) && (2 > 1 && steps["hi--look"].output.ok)');
    expect(document.completion).toEqual(['!(steps.a.output.ok) || (steps["hi--look"].output.ok)']);
    expect(problemsOf(document)).toEqual([]);
  });

  it('may have the skill inside a skill, and one skill read another', () => {
    const outer = aSkill('outer', {
      steps: [skillStep('in', { input: { name: '${{ input.who }}' } })],
      output: { text: '${{ steps.in.output.said }}' },
    });
    const { document, problems } = inlined(
      [
        { id: 'one', skill: 'outer', input: { who: 'Bob' } },
        { id: 'two', skill: 'outer', input: { who: '${{ steps.one.output.text }}' } },
      ],
      {},
      [GREET, outer],
    );

    expect(problems).toEqual([]);
    expect(document.steps.map(({ id }) => id)).toEqual([
      'one--in--look',
      'one--in--say',
      'two--in--look',
      'two--in--say',
    ]);
    expect(document.steps[2]).toMatchObject({ needs: ['one--in--say'] });
    expect(problemsOf(document)).toEqual([]);
  });

  it('keeps names in strings, of members and of macros', () => {
    const odd = aSkill(
      'odd',
      aPlan(aStep('a', { when: '"input.n" == input.input && input.list.exists(x, x.input == 1)' })),
    );
    const { document } = inlined([{ id: 's', skill: 'odd', input: { input: 1, list: [] } }], {}, [odd]);

    expect(document.steps[0]!.when).toBe('"input.n" == 1 && [].exists(x, x.input == 1)');
  });

  it('can ask whether a parameter was given', () => {
    const asking = aSkill('asking', aPlan(aStep('a', { when: 'has(input.n) && input.n > 0' })));
    const { document } = inlined([{ id: 's', skill: 'asking', input: { m: 1 } }], {}, [asking]);

    expect(document.steps[0]!.when).toBe('false && dyn({"m": 1}).n > 0');
    expect(problemsOf(document)).toEqual([]);
    expect(
      inlined([{ id: 's', skill: 'asking', input: { n: '${{ input.k }}' } }], {}, [asking]).document.steps[0]!.when,
    ).toBe('true && input.k > 0');
  });

  it.each<[string, StepDocument[], string]>([
    ['an unknown skill', [skillStep('a', { skill: 'great' })], 'unknown_skill /plan/steps/0/skill'],
    ['a parameter of another type', [skillStep('a', { input: { name: 5 } })], 'bad_input /plan/steps/0/input/name'],
    ['a missing parameter', [skillStep('a', { input: {} })], 'required /plan/steps/0/input/name'],
    ['a forEach over it', [skillStep('a', { forEach: 'input.l' })], 'not_for_skill /plan/steps/0/forEach'],
    ['its state', [skillStep('a'), aStep('b', { when: 'steps.a.state == "x"' })], 'unknown_output /plan/steps/1/when'],
    [
      'it as a fallback',
      [skillStep('a'), aStep('b', { onFailure: { fallback: 'a' } })],
      'bad_fallback /plan/steps/1/onFailure/fallback',
    ],
    [
      'mixed text read inside an expression',
      [skillStep('a', { input: { name: 'x', n: 'n ${{ input.n }}' } })],
      'bad_input /plan/steps/0/input/n',
    ],
    [
      'skills that wait for each other',
      [
        skillStep('a', { input: { name: '${{ steps.b.output.said }}' } }),
        skillStep('b', { input: { name: '${{ steps.a.output.said }}' } }),
      ],
      'cycle /plan/steps/0',
    ],
  ])('is refused for %s', (_what, steps, problem) => {
    expect(inlined(steps).problems.map(({ code, pointer }) => `${code} ${pointer}`)).toContain(problem);
  });

  it('is refused where skills call each other in a ring', () => {
    const ring = [aSkill('a', { steps: [{ id: 's', skill: 'b' }] }), aSkill('b', { steps: [{ id: 's', skill: 'a' }] })];

    expect(inlined([{ id: 'x', skill: 'a' }], {}, ring).problems).toMatchObject([
      { code: 'cycle', pointer: '/plan/steps/0/skill', message: 'These skills call each other: a → b → a.' },
    ]);
  });

  it('says of a problem where it stands in the plan as it was written', () => {
    const { document, origins } = inlined([aStep('a'), skillStep('hi'), aStep('b', { needs: ['zz'] })]);
    const bad = {
      ...document,
      steps: document.steps.map((step) => ({ ...step, ...(step.id === 'hi--say' && { tool: 'no' }) })),
    };

    expect(problemsOf(bad).map((problem) => problemAtOrigin(problem, { origins }))).toMatchObject([
      { pointer: '/plan/steps/1/skill', message: "In skill 'greet@1', step 'say': There is no tool 'no'." },
      { pointer: '/plan/steps/2/needs/0', code: 'unknown_step' },
    ]);
  });
});
