import type { AgentBudget, AgentContract, JsonObject, JsonValue } from '@muster/domain';
import { AgentWorld, type Asked, anAgent } from './testing/agent.world';
import type { WorldOptions } from './testing/task.world';

interface Loop {
  /** What the model says in its n-th round: calls, or a final answer. */
  readonly says: (round: number) => readonly Asked[] | JsonValue;
  readonly tools?: (tool: string, round: number) => JsonValue;
  readonly budget?: Partial<AgentBudget>;
  readonly agents?: readonly string[];
  readonly task?: JsonObject;
  readonly end: string;
  /** Of the failure's message. */
  readonly because?: string;
}

const same = (): JsonValue => ({ found: [] });
const fresh = (_: string, round: number): JsonValue => ({ page: round });

const LOOPS: Readonly<Record<string, Loop>> = {
  'the same read for ever': { says: () => [['read', { q: 'x' }]], end: 'no_progress' },
  'the same effect for ever': { says: () => [['pay', { sum: 1 }]], end: 'no_progress' },
  'two calls in turn': { says: (n) => [['read', { n: n % 2 }]], tools: (_, n) => ({ n: n % 2 }), end: 'no_progress' },
  'ever other arguments, ever the same answer': { says: (n) => [['read', { n }]], tools: same, end: 'no_progress' },
  'a tool that does not exist': { says: (n) => [[`no.such-${n}`]], end: 'no_progress' },
  'a tool that is not granted': { says: (n) => [['book', { n }]], end: 'no_progress' },
  'arguments that are cut off': { says: () => [['read', null]], end: 'no_progress' },
  'a volatile read that says the same': { says: () => [['clock', {}]], tools: same, end: 'no_progress' },
  'a final answer that is none': { says: () => ({ wrong: 1 }), end: 'output_invalid' },
  'ever something new': { says: (n) => [['read', { n }]], tools: fresh, end: 'budget_exceeded', because: 'modelCalls' },
  'ever more calls of tools': {
    says: (n) => [
      ['read', { n }],
      ['read', { n, again: true }],
    ],
    tools: fresh,
    budget: { toolCalls: 5 },
    end: 'budget_exceeded',
    because: 'toolCalls',
  },
  'more calls at once than allowed': {
    says: () => Array.from({ length: 17 }, (_, n): Asked => ['read', { n }]),
    end: 'budget_exceeded',
    because: 'fanOut',
  },
  'tokens without end': {
    says: (n) => [['read', { n }]],
    tools: fresh,
    budget: { tokens: 1_540 },
    end: 'budget_exceeded',
    because: 'tokens',
  },
  'money without end': {
    says: (n) => [['read', { n }]],
    tools: fresh,
    task: { costUsd: 0.001_54 },
    end: 'budget_exceeded',
    because: 'costUsd',
  },
  'steps without end': {
    says: (n) => [['read', { n }]],
    tools: fresh,
    task: { steps: 9 },
    end: 'budget_exceeded',
    because: 'steps',
  },
  'an agent that calls itself': {
    says: (n) => [['worker', { n }]],
    agents: ['worker'],
    task: { depth: 2 },
    end: 'no_progress',
  },
};

describe('a model that never comes to an end', () => {
  it.each(Object.entries(LOOPS))('is stopped: %s', (_, { says, tools = same, end, because = '', ...given }) => {
    const contract: Partial<AgentContract> = {
      tools: ['read', 'pay', 'clock', 'note', 'search'],
      agents: given.agents,
      budget: given.budget,
    };
    const options: WorldOptions = { budget: given.task };
    const world = new AgentWorld([anAgent('worker', contract)], options);

    const rounds = world.runs(says, tools);

    expect(world.step('work').failure).toMatchObject({ exitReason: end, message: expect.stringContaining(because) });
    expect(world.task.state).toBe('failed');
    expect(rounds).toBeLessThanOrEqual(20);
    expect(world.sent('pay')).toBeLessThanOrEqual(1);
  });

  it('is stopped by the clock', () => {
    const world = new AgentWorld([anAgent('worker', { tools: ['read'], budget: { wallMs: 60_000 } })]);

    const rounds = world.runs(
      (n) => [['read', { n }]],
      (tool, round) => {
        world.advance(25_000);
        return fresh(tool, round);
      },
    );

    expect(rounds).toBe(3);
    expect(world.step('work').failure).toMatchObject({
      exitReason: 'budget_exceeded',
      message: expect.stringContaining('wallMs'),
    });
  });
});
