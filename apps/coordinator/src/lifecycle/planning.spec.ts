import { bootstrapPlan, resolveContract, type StepDocument } from '@muster/domain';
import { judgeProposal } from './planning';
import type { Snapshot } from './snapshot';

const echo = resolveContract(
  {
    name: 'echo',
    version: '1',
    description: '',
    transport: { type: 'builtin', name: 'echo' },
    input: { type: 'object' },
    output: { type: 'object' },
    effect: 'none',
    retry: { maxAttempts: 1 },
  },
  'hash of echo',
);
const { plan } = bootstrapPlan('a goal', { tools: new Map([['echo', echo]]), agents: new Map() }, 'fast');

function judged(steps: readonly object[], budget: Record<string, number> = {}) {
  const snapshot = { plan, contracts: new Map([[echo.hash, echo]]), task: { budget, input: null } };
  const judgement = judgeProposal(snapshot as unknown as Snapshot, { output: { steps: steps as never } });
  return judgement.kind === 'problems'
    ? judgement.problems.map(({ code, pointer }) => `${code} ${pointer}`)
    : judgement.kind;
}

const aStep = (id: string, given: Partial<StepDocument> = {}) => ({ id, tool: 'echo', ...given });

describe('a proposed plan', () => {
  it('is compiled with the contracts that the goal was accepted with', () => {
    const snapshot = { plan, contracts: new Map([[echo.hash, echo]]), task: { budget: {}, input: null } };
    const judgement = judgeProposal(snapshot as unknown as Snapshot, { output: { steps: [aStep('a')] as never } });

    expect(judgement).toMatchObject({ kind: 'plan', plan: { body: { pins: { echo: { hash: 'hash of echo' } } } } });
  });

  it.each<[string, object[], Record<string, number>, string]>([
    ['a tool that is not there', [aStep('a', { tool: 'ehco' })], {}, 'unknown_tool /steps/0/tool'],
    ['an agent that is not there', [{ id: 'a', agent: 'muster:planner' }], {}, 'unknown_agent /steps/0/agent'],
    [
      'steps that wait for each other',
      [aStep('a', { needs: ['b'] }), aStep('b', { needs: ['a'] })],
      {},
      'cycle /steps/0',
    ],
    ['one id twice', [aStep('a'), aStep('a')], {}, 'duplicate_id /steps/1/id'],
    ['too many steps', Array.from({ length: 1_001 }, (_, i) => aStep(`s${i}`)), {}, 'too_many_steps /steps'],
    ['more steps than the budget', [aStep('a'), aStep('b')], { steps: 1 }, 'too_many_steps /steps'],
    ['more calls than the budget', [aStep('a'), aStep('b')], { toolCalls: 1 }, 'over_budget /budget/toolCalls'],
    ['the name of the step that makes it', [aStep('plan')], {}, 'reserved_id /steps/0/id'],
    ['neither a tool nor an agent', [{ id: 'a' }], {}, 'unknown_tool /steps/0/tool'],
    ['both', [aStep('a', { agent: 'b' })], {}, 'contradiction /steps/0/agent'],
  ])('is sent back with the reason: %s', (_what, steps, budget, problem) => {
    expect(judged(steps, budget)).toContain(problem);
  });
});
