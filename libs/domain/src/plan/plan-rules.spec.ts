import type { JsonObject } from '../json';
import { LIMITS } from '../limits';
import type { PlanDocument, StepDocument } from './plan';
import { aPlan, aStep, compiled, problemsOf } from './plan.fixture';

const pointersOf = (document: PlanDocument, options = {}) =>
  problemsOf(document, options).map(({ pointer }) => pointer);
const ticket = (input: JsonObject) => aPlan(aStep('a', { tool: 'tickets.create', input }), aStep('b'));

describe('a plan that breaks a rule', () => {
  const a = aStep('a');
  it.each<[string, PlanDocument, string]>([
    ['no steps', aPlan(), '/plan/steps'],
    ['an unknown tool', aPlan({ ...a, tool: 'no.such.tool' }), '/plan/steps/0/tool'],
    ['an unknown need', aPlan({ ...a, needs: ['zz'] }), '/plan/steps/0/needs/0'],
    [
      'an item as a need',
      aPlan({ ...a, forEach: 'input.l' }, aStep('b', { needs: ['a[3]'] })),
      '/plan/steps/1/needs/0',
    ],
    ['an unknown reference', aPlan({ ...a, input: { x: '${{ steps.zzz.output.y }}' } }), '/plan/steps/0/input/x'],
    ['a duplicate id', aPlan(a, a), '/plan/steps/1/id'],
    ['a bad id', aPlan({ ...a, id: '1 a' }), '/plan/steps/0/id'],
    ['the id of a prototype', aPlan({ ...a, id: '__proto__' }), '/plan/steps/0/id'],
    ['a bad expression', aPlan({ ...a, when: '1 +' }), '/plan/steps/0/when'],
    ['a bad list', aPlan({ ...a, forEach: 'owners' }), '/plan/steps/0/forEach'],
    ['a bad check', aPlan({ ...a, check: 'outputs.x' }), '/plan/steps/0/check'],
    ['an unknown fallback', aPlan({ ...a, onFailure: { fallback: 'zz' } }), '/plan/steps/0/onFailure/fallback'],
    ['as without forEach', aPlan({ ...a, as: 'x' }), '/plan/steps/0/as'],
    ['maxParallel without forEach', aPlan({ ...a, maxParallel: 2 }), '/plan/steps/0/maxParallel'],
    ['a taken name', aPlan({ ...a, forEach: 'input.l', as: 'steps' }), '/plan/steps/0/as'],
    ['no name', aPlan({ ...a, forEach: 'input.l', as: 'a-b' }), '/plan/steps/0/as'],
    ['nothing in parallel', aPlan({ ...a, forEach: 'input.l', maxParallel: 0 }), '/plan/steps/0/maxParallel'],
    ['half an attempt', aPlan({ ...a, retry: { maxAttempts: 0.5 } }), '/plan/steps/0/retry/maxAttempts'],
    ['no time', aPlan({ ...a, timeoutMs: 0 }), '/plan/steps/0/timeoutMs'],
    ['a bad completion', { ...aPlan(a), completion: ['true', 'steps.b.output'] }, '/plan/completion/1'],
    ['a bad output', { ...aPlan(a), output: { x: '${{ output.y }}' } }, '/plan/output/x'],
    ['a bad declaration', { ...aPlan(a), input: { email: 'text' } }, '/plan/input/email'],
    ['a missing property', ticket({}), '/plan/steps/0/input/title'],
    ['a wrong type', ticket({ title: 1 }), '/plan/steps/0/input/title'],
    ['an unknown property', ticket({ title: '${{ input.t }}', sudo: true }), '/plan/steps/0/input/sudo'],
    ['text for a number', ticket({ title: 'x', count: 'n ${{ input.n }}' }), '/plan/steps/0/input/count'],
    ['a number too small', ticket({ title: '${{ input.t }}', count: 0 }), '/plan/steps/0/input/count'],
  ])('is refused there: %s', (_what, document, pointer) => {
    expect(pointersOf(document)).toEqual([pointer]);
  });

  it('hears of everything at once, in the order of the document', () => {
    const document = aPlan({ ...a, tool: 'nope' }, aStep('b', { tool: 'nope2', needs: ['zz'], when: 'zz' }));

    expect(pointersOf(document)).toEqual([
      '/plan/steps/0/tool',
      '/plan/steps/1/tool',
      '/plan/steps/1/needs/0',
      '/plan/steps/1/when',
    ]);
  });

  it('hears which name was probably meant', () => {
    const document = aPlan(aStep('first', { tool: 'ehco' }), aStep('second', { needs: ['frist'] }));

    expect(problemsOf(document).map(({ message }) => message)).toEqual([
      "There is no tool 'ehco'. Did you mean 'echo'?",
      "There is no step 'frist'. Did you mean 'first'?",
    ]);
  });

  it('hears that a tool lies outside the grants', () => {
    const document = aPlan(aStep('a', { tool: 'mail.send' }), aStep('b'));

    expect(
      problemsOf(document, { grants: ['other.*', 'mail.se*'] }).map(({ pointer, code }) => [pointer, code]),
    ).toEqual([
      ['/plan/steps/0/tool', 'not_granted'],
      ['/plan/steps/1/tool', 'not_granted'],
    ]);
    expect(problemsOf(document, { grants: ['mail.*', 'echo'] })).toEqual([]);
  });

  it('is told at most a bounded number of problems, and how many there are', () => {
    const document = aPlan(...Array.from({ length: 3_000 }, (_, i) => aStep(`s${i}`, { tool: 'nope', needs: ['zz'] })));

    const problems = problemsOf(document);

    expect(problems).toHaveLength(1_001);
    expect(problems.at(-1)).toEqual({
      pointer: '/plan',
      code: 'more_problems',
      message: '5000 more problems are left out.',
    });
  });
});

describe('steps that wait for each other', () => {
  const cyclesIn = (...steps: readonly StepDocument[]) => problemsOf(aPlan(...steps)).map(({ message }) => message);

  it.each<[string, StepDocument[], string]>([
    ['by need', [aStep('a', { needs: ['b'] }), aStep('b', { needs: ['a'] })], 'a → b → a'],
    ['by themselves', [aStep('a', { needs: ['a'] })], 'a → a'],
    ['by their own check', [aStep('a', { check: 'steps.a.output.x' })], 'a → a'],
    [
      'by reference',
      [aStep('a', { input: { x: '${{ steps.b.output }}' } }), aStep('b', { needs: ['a'] })],
      'a → b → a',
    ],
    [
      'by a fallback that their failure starts',
      [aStep('a', { onFailure: { fallback: 'f' } }), aStep('b', { needs: ['a'] }), aStep('f', { needs: ['b'] })],
      'a → f → b → a',
    ],
    [
      'by fallbacks in a ring',
      [aStep('a', { onFailure: { fallback: 'b' } }), aStep('b', { onFailure: { fallback: 'a' } })],
      'a → b → a',
    ],
  ])('are named: %s', (_what, steps, path) => {
    expect(cyclesIn(...steps)).toEqual([`These steps wait for each other: ${path}.`]);
  });

  it('are named cycle by cycle, without those who only wait for them', () => {
    const messages = cyclesIn(
      ...[aStep('z', { needs: ['a'] }), aStep('a', { needs: ['b'] }), aStep('b', { needs: ['a'] })],
      ...[aStep('c', { needs: ['d'] }), aStep('d', { needs: ['c'] })],
    );

    expect(messages).toEqual([
      'These steps wait for each other: a → b → a.',
      'These steps wait for each other: c → d → c.',
    ]);
  });
});

describe('a fallback', () => {
  const failing = (id: string) => aStep(id, { onFailure: { fallback: 'f' } });

  it('stands in for one other step', () => {
    expect(pointersOf(aPlan(failing('a'), failing('b'), aStep('f')))).toEqual(['/plan/steps/1/onFailure/fallback']);
    expect(pointersOf(aPlan(failing('f')))).toContain('/plan/steps/0/onFailure/fallback');
  });

  it('is one step, not a forEach', () => {
    expect(pointersOf(aPlan(failing('a'), aStep('f', { forEach: 'input.l' })))).toEqual([
      '/plan/steps/0/onFailure/fallback',
    ]);
  });

  it('may read the step it stands in for, and others may need both', () => {
    const plan = compiled(
      aPlan(failing('a'), aStep('f', { input: { was: '${{ steps.a.state }}' } }), aStep('last', { needs: ['a', 'f'] })),
    );

    expect(plan.steps.map(({ needs, fallback, fallbackOf }) => [needs, fallback, fallbackOf])).toEqual([
      [[], 1, undefined],
      [[0], undefined, 0],
      [[0, 1], undefined, undefined],
    ]);
  });
});

describe('a budget', () => {
  it('has to hold the worst case', () => {
    const document = aPlan(aStep('a'), aStep('b', { retry: { maxAttempts: 2 } }), aStep('c', { tool: 'mail.send' }));

    expect(pointersOf(document, { budget: { steps: 3, toolCalls: 8 } })).toEqual([]);
    expect(pointersOf(document, { budget: { steps: 2, toolCalls: 7 } })).toEqual([
      '/budget/steps',
      '/budget/toolCalls',
    ]);
  });

  it('counts the items that are known, else as many as there may be', () => {
    const document = aPlan(aStep('a', { forEach: 'input.list', retry: { maxAttempts: 1 } }));

    expect(pointersOf(document, { budget: { toolCalls: 3 }, input: { list: [1, 2, 3] } })).toEqual([]);
    expect(pointersOf(document, { budget: { toolCalls: 3 } })).toEqual(['/budget/toolCalls']);
    expect(pointersOf(document, { budget: { toolCalls: 3, fanOut: 3 } })).toEqual([]);
  });
});

describe('a large plan', () => {
  const chain = (length: number) =>
    aPlan(
      ...Array.from({ length }, (_, i) =>
        aStep(`s${i}`, i === 0 ? {} : { needs: [`s${i - 1}`], input: { x: `\${{ steps.s${i - 1}.output.x }}` } }),
      ),
    );

  it('may be as long as the limit, and a cycle through all of it is found', () => {
    const long = chain(LIMITS.PLAN_STEPS_MAX);
    const [first, ...rest] = long.steps;

    expect(compiled(long).steps.at(-1)!.needs).toEqual([LIMITS.PLAN_STEPS_MAX - 2]);
    expect(problemsOf(aPlan({ ...first!, needs: [`s${rest.length}`] }, ...rest))).toMatchObject([{ code: 'cycle' }]);
  });

  it('is refused past the limit of who wrote it', () => {
    expect(problemsOf(chain(3), { stepsMax: 2 })).toMatchObject([{ pointer: '/plan/steps', code: 'too_many_steps' }]);
  });
});
