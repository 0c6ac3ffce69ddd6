import { PLANNER } from '../plan/plan';
import { resolveContract } from '../tool-contract';
import { bootstrapPlan, catalogueIn, catalogueOf, plannerInput } from './bootstrap-plan';
import { type PlannerAnswer, readProposal } from './proposal';

const codesOf = (answer: PlannerAnswer) => {
  const read = readProposal(answer);
  return read.kind === 'unusable' ? read.problems.map(({ code, pointer }) => `${code} ${pointer}`) : read.kind;
};

describe("a planner's answer", () => {
  it('is a plan where it has steps, with the ends that it names', () => {
    const output = {
      steps: [{ id: 'a', tool: 't', onFailure: { fallback: 'b' } }],
      completion: ['true'],
      output: { x: 1 },
    };

    expect(readProposal({ output })).toEqual({ kind: 'plan', document: output });
  });

  it('is a refusal where it says why there is no plan', () => {
    expect(readProposal({ output: { refusal: 'No tool does that.' } })).toEqual({
      kind: 'refusal',
      reason: 'No tool does that.',
    });
  });

  it.each<[string, PlannerAnswer, string]>([
    ['prose', { output: null, problem: 'The answer is no JSON.' }, 'no_json '],
    ['JSON that stops half way', { output: null, problem: 'The JSON stops.' }, 'no_json '],
    ['a call', { output: null, toolCalls: [{}] }, 'tool_call '],
    ['a list', { output: [] }, 'bad_shape '],
    ['nothing', { output: {} }, 'empty_plan /steps'],
    ['no steps', { output: { steps: [] } }, 'empty_plan /steps'],
    ['a plan and a refusal', { output: { steps: [{ id: 'a', tool: 't' }], refusal: 'no' } }, 'contradiction /refusal'],
    [
      'a field of its own making',
      { output: { steps: [{ id: 'a', tool: 't', sudo: true }] } },
      'bad_shape /steps/0/sudo',
    ],
    ['a step without an id', { output: { steps: [{ tool: 't' }] } }, 'bad_shape /steps/0/id'],
    ['needs that are no list', { output: { steps: [{ id: 'a', tool: 't', needs: 'b' }] } }, 'bad_shape /steps/0/needs'],
    ['a priority', { output: { steps: [{ id: 'a', tool: 't', priority: 9 }] } }, 'bad_shape /steps/0/priority'],
  ])('is sent back with the place: %s', (_what, answer, problem) => {
    expect(codesOf(answer)).toContain(problem);
  });
});

describe('the plan that makes a plan', () => {
  const tool = (name: string) =>
    resolveContract(
      {
        name,
        version: '1',
        description: 'Writes ${{ anything }}.',
        transport: { type: 'builtin', name: 'echo' },
        input: { type: 'object' },
        output: { type: 'object' },
        effect: 'none',
      },
      `hash of ${name}`,
    );
  const all = { tools: new Map(['b.x', 'a.x', 'a.y'].map((name) => [name, tool(name)])), agents: new Map() };

  it('shows the planner what is granted, and nothing else', () => {
    const plan = bootstrapPlan({ catalogue: catalogueOf(all, ['a.*']), model: 'fast' });

    expect(Object.keys(plan.body.pins)).toEqual(['a.x', 'a.y']);
    expect([...plan.agents.keys()]).toEqual([PLANNER]);
    const contracts = new Map([...all.tools.values()].map((one) => [one.hash, one]));
    const catalogue = catalogueIn(plan, contracts);
    expect([...catalogue.tools.keys()]).toEqual(['a.x', 'a.y']);
    expect(JSON.stringify(plannerInput('a goal', null, catalogue))).not.toContain('b.x');
  });

  it('is the same for the same goal and catalogue, and another for another model', () => {
    const hashOf = (model: string) => bootstrapPlan({ catalogue: catalogueOf(all, ['a.*']), model }).hash;

    expect(hashOf('fast')).toBe(hashOf('fast'));
    expect(hashOf('fast')).not.toBe(hashOf('slow'));
  });
});
