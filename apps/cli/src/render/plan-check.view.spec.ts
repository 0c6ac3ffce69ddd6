import type { PlanCheck } from '@muster/client';
import { PLAIN } from './paint';
import { planCheckLines } from './plan-check.view';

const CHECK: PlanCheck = {
  problems: [],
  effects: [
    { step: 'find', tool: 'customers.find', effect: 'none', retry: 'Sent again.' },
    { step: 'open-one', tool: 'tickets.create', effect: 'keyed', retry: 'Sent again with the same key.' },
  ],
  permits: [],
  budget: { steps: 2, toolCalls: 10, fanOut: 0, modelCalls: 0 },
  mermaid: 'flowchart TD\n  s0["find"]',
};

describe('a plan that was checked', () => {
  it('shows what it does, what it may come to, and how it looks', () => {
    expect(planCheckLines(CHECK, PLAIN)).toEqual([
      '✓ The plan passes every rule.',
      '',
      'STEP      CALLS           EFFECT  WHEN NOBODY KNOWS WHETHER IT WAS DONE',
      'find      customers.find  none    Sent again.',
      'open-one  tickets.create  keyed   Sent again with the same key.',
      '',
      'At most  2 steps, 10 tool calls',
      '',
      'Picture (Mermaid)',
      'flowchart TD',
      '  s0["find"]',
    ]);
  });

  it('shows where it waits for a person, and why', () => {
    const permits = [
      { step: 'ok', tool: 'muster:approval', because: 'approval' },
      { step: 'refund', tool: 'pay.back', because: 'contract' },
    ] as const;

    expect(planCheckLines({ ...CHECK, permits, effects: [], budget: {}, mermaid: 'flowchart TD' }, PLAIN)).toEqual([
      '✓ The plan passes every rule.',
      '',
      'WAITS FOR A PERSON  BECAUSE',
      'ok                  it asks a question',
      'refund              the contract of pay.back wants a permit for every call',
    ]);
  });

  it('shows each problem with its place, under each other', () => {
    const problems = [
      { pointer: '/plan/steps/0/tool', code: 'unknown_tool', message: "There is no tool 'a'. Did you mean 'b'?" },
      { pointer: '', code: 'required', message: 'Nothing\u001b[2J.' },
    ];

    expect(planCheckLines({ ...CHECK, problems, effects: [], budget: {}, mermaid: 'flowchart TD' }, PLAIN)).toEqual([
      '✗ 2 problems: the plan would be refused.',
      '',
      "  /plan/steps/0/tool  unknown_tool  There is no tool 'a'. Did you mean 'b'?",
      '  /                   required      Nothing\ufffd[2J.',
    ]);
  });
});
