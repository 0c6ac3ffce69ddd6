import { bootstrapPlan, PLANNER as NAME } from '@muster/domain';
import type { ModelAnswer } from '@muster/models';
import { planPrompt } from './plan.prompt';

const { agents } = bootstrapPlan({ catalogue: { tools: new Map(), agents: new Map() }, model: 'fast' });
const PLANNER = agents.get(NAME)!;
const answer = (text: string): ModelAnswer => ({
  text,
  toolCalls: [],
  output: null,
  finishReason: 'stop',
  usage: { inputTokens: 1, outputTokens: 1, costUsd: 0 },
  provider: 'x',
});
const call = (round: number, problems?: { pointer: string; code: string; message: string }[]) =>
  ({ kind: 'model', round, callers: ['muster:planner'], ...(problems && { problems }) }) as const;
const PROBLEM = { pointer: '/steps/0/tool', code: 'unknown_tool', message: 'There is no tool.' };

describe('what a planner is asked', () => {
  it('is the goal and the catalogue at first, each with its origin', () => {
    const request = planPrompt(PLANNER, { goal: 'g', catalogue: {} }, [], [call(1)]);

    expect(request).toMatchObject({
      model: 'fast',
      tools: [],
      messages: [
        { role: 'system', origin: 'instructions' },
        { role: 'user', origin: 'input', text: '{"catalogue":{},"goal":"g"}' },
      ],
    });
  });

  it('is each refused plan and what was wrong with it, in order, after that', () => {
    const earlier = [
      { key: 'plan/1', answer: answer('one') },
      { key: 'plan/2', answer: answer('two') },
    ];
    const calls = [call(1), call(2, [PROBLEM]), call(3, [{ ...PROBLEM, code: 'cycle' }])];

    const { messages } = planPrompt(PLANNER, {}, earlier, calls);

    expect(messages.slice(2).map((message) => [message.role, message.origin])).toEqual([
      ['assistant', 'step plan/1'],
      ['user', 'check of step plan/1'],
      ['assistant', 'step plan/2'],
      ['user', 'check of step plan/2'],
    ]);
    expect(JSON.stringify(messages[3])).toContain('unknown_tool');
    expect(JSON.stringify(messages[5])).toContain('cycle');
  });
});
