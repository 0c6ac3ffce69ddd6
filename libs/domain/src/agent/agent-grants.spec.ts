import { compilePlan } from '../plan/plan-rules';
import type { ToolContract } from '../tool-contract';
import { resolveContract } from '../tool-contract';
import type { AgentContract } from './agent-contract';
import { resolveAgent } from './agent-contract';
import { grantsOf } from './agent-grants';

const tool = (name: string) => {
  const contract: ToolContract = {
    name,
    version: '1',
    description: name,
    transport: { type: 'builtin', name },
    input: { type: 'object' },
    output: { type: 'object' },
    effect: 'none',
  };
  return [name, resolveContract(contract, `hash of ${name}`)] as const;
};
const TOOLS = new Map(['mail.send', 'mail.read', 'web.search', 'lead'].map(tool));

function agent(name: string, given: Partial<AgentContract> = {}) {
  const contract = {
    name,
    version: '1',
    description: name,
    instructions: 'Go.',
    model: 'fast',
    input: {},
    output: {},
    ...given,
  };
  return [name, resolveAgent(contract, `hash of the agent ${name}`)] as const;
}

const compile = (agents: (readonly [string, ReturnType<typeof resolveAgent>])[], grants?: string[]) =>
  compilePlan({ steps: [{ id: 'work', agent: agents[0]![0] }] }, TOOLS, {
    agents: new Map(agents),
    grants,
    models: new Set(['fast']),
  });

function planOf(...given: Parameters<typeof compile>) {
  const verdict = compile(...given);
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.problems));
  return verdict.plan;
}

describe('a plan with an agent', () => {
  it('pins every tool and agent that can come to be called, and no other', () => {
    const { pins, agents } = planOf([
      agent('lead', { tools: ['web.search'], agents: ['writer'] }),
      agent('writer', { tools: ['mail.*'], agents: ['writer'] }),
      agent('stranger', { tools: ['lead'] }),
    ]).body;

    expect([Object.keys(pins), Object.keys(agents ?? {})]).toEqual([
      ['mail.read', 'mail.send', 'web.search'],
      ['lead', 'writer'],
    ]);
  });

  it('pins nothing beyond the grants of the task', () => {
    const plan = planOf([agent('lead', { tools: ['mail.*', 'web.search'] })], ['lead', 'mail.read']);

    expect(Object.keys(plan.body.pins)).toEqual(['mail.read']);
  });

  it.each([
    [
      'is not registered',
      () => compilePlan({ steps: [{ id: 'work', agent: 'leat' }] }, TOOLS, { agents: new Map([agent('lead')]) }),
      'unknown_agent',
      "'lead'",
    ],
    ['is not granted', () => compile([agent('lead')], ['mail.*']), 'not_granted', "'lead'"],
    [
      'has a model that is not configured',
      () => compile([agent('lead', { model: 'fsat' })]),
      'model_unavailable',
      "'fast'",
    ],
    [
      'calls one whose model is not',
      () => compile([agent('lead', { agents: ['sub'] }), agent('sub', { model: 'big' })]),
      'model_unavailable',
      "'sub'",
    ],
    [
      'is granted a tool and an agent of one name',
      () => compile([agent('boss', { tools: ['lead'], agents: ['lead'] }), agent('lead')]),
      'ambiguous_name',
      "'lead'",
    ],
  ])('that %s is refused', (_, verdict, code, named) => {
    expect(verdict()).toMatchObject({
      ok: false,
      problems: [{ pointer: '/plan/steps/0/agent', code, message: expect.stringContaining(named) }],
    });
  });
});

describe('the grants of a sub-agent', () => {
  const plan = planOf([
    agent('lead', { tools: ['web.search'], delegates: ['mail.read'], agents: ['writer'] }),
    agent('writer', { tools: ['mail.*', 'web.search'], agents: ['lead'] }),
  ]);

  it('are what its contract says, as far as everybody above it could reach it', () => {
    expect(grantsOf(plan, ['lead'])).toEqual({ tools: ['web.search'], agents: ['writer'] });
    expect(grantsOf(plan, ['lead', 'writer'])).toEqual({ tools: ['mail.read', 'web.search'], agents: ['lead'] });
    expect(grantsOf(plan, ['writer']).tools).toEqual(['mail.read', 'mail.send', 'web.search']);
  });

  it('are nothing for one that the plan does not know', () => {
    expect(grantsOf(plan, ['lead', 'nobody'])).toEqual({ tools: [], agents: [] });
  });
});
