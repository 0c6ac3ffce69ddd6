import { editDistance, nearestName } from './nearest-name';
import { aPlan, aStep, SHELF } from './plan.fixture';
import { checkPlan } from './plan-check';
import { checkPlanInput } from './plan-input';

describe('checking a plan without running it', () => {
  it('tells effects, retries, the worst case and a picture', () => {
    const document = aPlan(
      aStep('a', { tool: 'tickets.create', input: { title: 'x' }, onFailure: { fallback: 'b' } }),
      aStep('b', { tool: 'mail.send' }),
      aStep('c', { needs: ['a'] }),
    );

    expect(checkPlan(document, SHELF)).toEqual({
      problems: [],
      effects: [
        { step: 'a', tool: 'tickets.create', effect: 'keyed', retry: expect.stringContaining('1000 ms') },
        { step: 'b', tool: 'mail.send', effect: 'opaque', retry: expect.stringContaining('a person decides') },
        { step: 'c', tool: 'echo', effect: 'none', retry: expect.stringContaining('Sent again') },
      ],
      permits: [],
      budget: { steps: 3, toolCalls: 11, fanOut: 0, modelCalls: 0 },
      mermaid: [
        'flowchart TD',
        '  s0["a<br/>tickets.create"]',
        '  s1["b<br/>mail.send"]',
        '  s2["c<br/>echo"]',
        '  s0 -. fallback .-> s1',
        '  s0 --> s2',
      ].join('\n'),
    });
  });

  it('draws also what it refuses, and no name gets out of its label', () => {
    const { problems, mermaid } = checkPlan(aPlan(aStep('a"]; click s0 "x'), aStep('b', { tool: 'no.such' })), SHELF);

    expect(problems.map(({ pointer }) => pointer)).toEqual(['/plan/steps/0/id', '/plan/steps/1/tool']);
    expect(mermaid).toContain('s0["a#34;#93;#59; click s0 #34;x<br/>echo"]');
  });
});

describe('the input a plan declares', () => {
  const document = { ...aPlan(aStep('a')), input: { email: 'string', count: { type: 'integer', minimum: 1 } } };

  it('is required, and of the declared type', () => {
    expect(checkPlanInput(document, { email: 'x', count: 1, more: true })).toEqual([]);
    expect(checkPlanInput(document, { email: 5, count: 0 }).map((p) => p.pointer)).toEqual([
      '/input/email',
      '/input/count',
    ]);
    expect(checkPlanInput(document, undefined).map((p) => p.pointer)).toEqual(['/input/email', '/input/count']);
    expect(checkPlanInput(document, 'x').map((p) => p.pointer)).toEqual(['/input']);
    expect(checkPlanInput(aPlan(aStep('a')), 'anything')).toEqual([]);
  });
});

describe('the nearest name', () => {
  it('is at most a third of the letters away', () => {
    expect(nearestName('tickest.create', ['tickets.close', 'tickets.create'])).toBe('tickets.create');
    expect(nearestName('abc', ['xyz'])).toBeUndefined();
    expect(nearestName('a', ['b'])).toBe('b');
  });

  it('counts a swap of neighbours as one', () => {
    expect([editDistance('ab', 'ba'), editDistance('', 'abc'), editDistance('kitten', 'sitting')]).toEqual([1, 3, 3]);
  });
});
