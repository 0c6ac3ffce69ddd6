import { nameProblems } from '../contract-rules';
import type { JsonObject } from '../json';
import type { ToolContract } from '../tool-contract';
import { resolveContract } from '../tool-contract';
import { SUB_PLAN } from './agent-call';
import type { AgentContract } from './agent-contract';
import { resolveAgent } from './agent-contract';
import { checkAgent } from './agent-rules';
import { checkSubPlan, SUB_PLAN_FUNCTION } from './sub-plan';

const tool = (name: string, given: Partial<ToolContract> = {}) => {
  const contract: ToolContract = {
    name,
    version: '1',
    description: name,
    transport: { type: 'builtin', name },
    input: { type: 'object' },
    output: { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false },
    effect: 'none',
    ...given,
  };
  return [name, resolveContract(contract, `hash of ${name}`)] as const;
};

const GRANTS = {
  tools: new Map([
    tool('find', { input: { type: 'object', properties: { text: { type: 'string' } } } }),
    tool('count', { input: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } }),
    tool('file', { writes: ['drawer/${{ input.drawer }}'] }),
  ]),
  agents: new Map([
    [
      'helper',
      resolveAgent(
        {
          ...{ name: 'helper', version: '1', description: 'Helps.', instructions: 'Help.', model: 'fast' },
          ...{ input: { type: 'object' }, output: { type: 'object', properties: { said: { type: 'string' } } } },
        },
        'hash of helper',
      ),
    ],
  ]),
  isKnown: (name: string) => ['find', 'count', 'file', 'vault', 'helper'].includes(name),
};

const check = (given: JsonObject, stepsMax = 16) => checkSubPlan(given, GRANTS, stepsMax);
const problemsOf = (...steps: JsonObject[]) => {
  const verdict = check({ steps });
  return verdict.ok ? [] : verdict.problems.map(({ pointer, code }) => `${pointer} ${code}`);
};

describe('the name that a model calls to return a plan', () => {
  it('is nobody else’s: neither a tool nor an agent is registered under it', () => {
    const reserved = [{ pointer: '/name', code: 'reserved_name', message: expect.stringContaining('another name') }];
    const agent: AgentContract = {
      ...{ name: SUB_PLAN, version: '1', description: 'Plans.', instructions: 'Plan.', model: 'fast' },
      ...{ input: {}, output: {} },
    };

    expect(nameProblems({ name: SUB_PLAN })).toEqual(reserved);
    expect(checkAgent(agent, { tools: [], agents: [] })).toEqual(reserved);
    expect(nameProblems({ name: 'muster.plans' })).toEqual([]);
  });
});

describe('a plan that a model returns', () => {
  it('of tools and agents that its agent may call is sound, its needs what it states and what it reads', () => {
    const verdict = check({
      steps: [
        { id: 'last', tool: 'count', input: { n: '${{ steps.a.output.n }}' }, needs: ['b'] },
        { id: 'a', tool: 'find', input: { text: 'x' } },
        { id: 'b', agent: 'helper', input: { about: '${{ steps.a.output }}' } },
      ],
    });

    expect(verdict.ok && verdict.plan.steps.map(({ needs }) => needs)).toEqual([[1, 2], [], [1]]);
  });

  it.each<[string, JsonObject[], string[]]>([
    ['that goes round in a circle', [{ id: 'a', tool: 'find', needs: ['a'] }], ['/steps/0 cycle']],
    ['with a tool that is not granted', [{ id: 'a', tool: 'vault' }], ['/steps/0/tool not_granted']],
    ['with a tool that does not exist', [{ id: 'a', tool: 'fnd' }], ['/steps/0/tool unknown_tool']],
    ['with an agent for a tool', [{ id: 'a', tool: 'helper' }], ['/steps/0/tool not_granted']],
    ['with a step that calls nothing', [{ id: 'a' }], ['/steps/0 required']],
    [
      'with two steps of one name',
      [
        { id: 'a', tool: 'find' },
        { id: 'a', tool: 'find' },
      ],
      ['/steps/1/id duplicate_id'],
    ],
    [
      'with input that a tool does not take',
      [{ id: 'a', tool: 'find', input: { text: 1 } }],
      ['/steps/0/input/text bad_input'],
    ],
    [
      'with what a tool never gives',
      [
        { id: 'a', tool: 'find' },
        { id: 'b', tool: 'find', input: { text: '${{ steps.a.output.m }}' } },
      ],
      ['/steps/1/input/text unknown_output'],
    ],
    [
      'with a value of another type',
      [
        { id: 'a', tool: 'find' },
        { id: 'b', tool: 'find', input: { text: '${{ steps.a.output.n }}' } },
      ],
      ['/steps/1/input/text type_mismatch'],
    ],
    [
      'with two branches that write the same',
      [
        { id: 'a', tool: 'file', input: { drawer: 'x' } },
        { id: 'b', tool: 'file', input: { drawer: 'x' } },
      ],
      ['/steps/1 parallel_writes'],
    ],
    [
      'that reads the input of the task',
      [{ id: 'a', tool: 'find', input: { text: '${{ input.secret }}' } }],
      ['/steps/0/input/text bad_expression'],
    ],
    [
      'that reads a step that it does not have',
      [{ id: 'a', tool: 'find', input: { text: '${{ steps.research.output }}' } }],
      ['/steps/0/input/text unknown_step'],
    ],
    [
      'whose steps have what only plans of people have',
      [{ id: 'a', tool: 'find', when: 'true', forEach: '[1]', onFailure: 'continue' }],
      ['/steps/0/when unknown_field', '/steps/0/forEach unknown_field', '/steps/0/onFailure unknown_field'],
    ],
    ['without steps', [], ['/steps bad_shape']],
  ])('%s is refused', (_, steps, problems) => {
    expect(problemsOf(...steps)).toEqual(problems);
  });

  it('is refused with what to do instead', () => {
    expect(check({ steps: [{ id: 'a', tool: 'find', check: 'true' }] })).toMatchObject({
      problems: [
        {
          pointer: '/steps/0/check',
          message: expect.stringMatching(/id, tool, agent, input, needs; leave 'check' out/),
        },
      ],
    });
    expect(check({ steps: [{ id: 'a', tool: 'find' }], output: 1 })).toMatchObject({
      problems: [{ pointer: '/output', code: 'unknown_field' }],
    });
  });

  it('has no more steps than an answer may ask for calls', () => {
    const steps = Array.from({ length: 3 }, (_, n) => ({ id: `s${n}`, tool: 'find' }));

    expect(check({ steps }, 2)).toMatchObject({ ok: false, problems: [{ pointer: '/steps', code: 'too_many_steps' }] });
    expect(check({ steps }, 3).ok).toBe(true);
  });

  it('is asked for in a shape that every rule above can be met in', () => {
    expect(SUB_PLAN_FUNCTION.input).toMatchObject({ required: ['steps'], additionalProperties: false });
  });
});
