import type { ToolContract } from '../tool-contract';
import { resolveContract } from '../tool-contract';
import type { PlanDocument, StepDocument } from './plan';
import type { PlanOptions } from './plan-rules';
import { compilePlan } from './plan-rules';

const object = (properties: object, more: object = {}) =>
  ({ type: 'object', properties, additionalProperties: false, ...more }) as ToolContract['input'];
const text = { type: 'string' };

const contract = (name: string, changes: Partial<ToolContract>): ToolContract => ({
  name,
  version: '1',
  description: `The tool ${name}.`,
  transport: { type: 'builtin', name },
  input: { type: 'object' },
  output: { type: 'object' },
  effect: 'none',
  ...changes,
});

const TOOLS: readonly ToolContract[] = [
  contract('customers.find', {
    input: object({ email: text }, { required: ['email'] }),
    output: object({
      id: { type: 'integer' },
      name: text,
      active: { type: 'boolean' },
      owners: { type: 'array', items: object({ email: text, level: { type: 'integer' } }) },
      address: object({ city: text }, { required: ['city'] }),
      plan: { enum: ['free', 'paid'] },
    }),
  }),
  contract('tickets.create', {
    effect: 'keyed',
    dedupeWindowMs: 60_000,
    input: object(
      {
        title: text,
        customer: { type: 'integer' },
        count: { type: 'integer', minimum: 1 },
        tags: { type: 'array', items: text },
        kind: { enum: ['call', 'visit'] },
        place: object({ city: { type: 'integer' } }, { required: ['city'] }),
      },
      { required: ['title'] },
    ),
    output: object({ id: text, status: text }),
  }),
  contract('tickets.close', {
    effect: 'keyed',
    dedupeWindowMs: 60_000,
    input: object({ id: text }, { required: ['id'] }),
    output: object({ status: text }),
    writes: ['ticket/${{ input.id }}'],
  }),
  contract('ledger.post', {
    effect: 'opaque',
    input: object({ account: text, amount: { type: 'number' } }),
    output: { type: 'object' },
    writes: ['account/${{ input.account }}'],
  }),
  contract('mail.send', { effect: 'opaque', input: object({ to: text, ticket: text }, { required: ['to'] }) }),
];

const GOOD: PlanDocument = {
  input: { email: 'string', limit: 'integer' },
  steps: [
    { id: 'find', tool: 'customers.find', input: { email: '${{ input.email }}' } },
    {
      id: 'open',
      tool: 'tickets.create',
      when: 'steps.find.output.active',
      input: { title: 'Call ${{ steps.find.output.name }}', customer: '${{ steps.find.output.id }}' },
      check: 'output.status == "open"',
      retry: { maxAttempts: 3 },
    },
    {
      id: 'tell',
      tool: 'mail.send',
      forEach: '${{ steps.find.output.owners }}',
      as: 'owner',
      maxParallel: 5,
      input: { to: '${{ owner.email }}', ticket: '${{ steps.open.output.id }}' },
      onFailure: { fallback: 'sorry' },
    },
    { id: 'sorry', tool: 'mail.send', input: { to: '${{ input.email }}' } },
    { id: 'close', tool: 'tickets.close', needs: ['tell'], input: { id: '${{ steps.open.output.id }}' } },
    { id: 'post', tool: 'ledger.post', needs: ['open'], input: { account: 'sales', amount: 1 } },
    { id: 'post-again', tool: 'ledger.post', needs: ['post'], input: { account: 'sales', amount: -1 } },
  ],
  completion: ['size(steps.tell.outputs) >= 0'],
  output: { ticket: '${{ steps.open.output.id }}' },
};

const OPTIONS: PlanOptions = {
  grants: ['customers.*', 'tickets.*', 'mail.send', 'ledger.post'],
  budget: { toolCalls: 100_000, steps: 20_000, fanOut: 10_000 },
};

function verdictOn(document: PlanDocument, options: PlanOptions = OPTIONS, tools = TOOLS) {
  const shelf = new Map(tools.map((tool) => [tool.name, resolveContract(tool, `hash of ${tool.name}`)]));
  const verdict = compilePlan(document, shelf, options);
  return verdict.ok ? [] : verdict.problems.map(({ code, pointer }) => `${code} ${pointer}`);
}

/** The good plan with one step changed. */
const with_ = (id: string, changes: Partial<StepDocument>): PlanDocument => ({
  ...GOOD,
  steps: GOOD.steps.map((step) => (step.id === id ? { ...step, ...changes } : step)),
});
const opening = (input: object) => with_('open', { input: { title: 'x', ...input } });
const without = (id: string) => ({ ...GOOD, steps: GOOD.steps.filter((step) => step.id !== id) });
const plus = (step: StepDocument) => ({ ...GOOD, steps: [...GOOD.steps, step] });
const withTool = (name: string, changes: object) =>
  TOOLS.map((tool) => (tool.name === name ? ({ ...tool, ...changes } as ToolContract) : tool));

interface Mutation {
  readonly what: string;
  readonly plan?: PlanDocument;
  readonly options?: PlanOptions;
  readonly tools?: readonly ToolContract[];
  /** `code pointer`, all of them. */
  readonly caught: readonly string[];
}

const MUTATIONS: readonly Mutation[] = [
  // Shape and names.
  { what: 'no steps', plan: { steps: [] }, caught: ['empty_plan /plan/steps'] },
  { what: 'too many steps', options: { ...OPTIONS, stepsMax: 6 }, caught: ['too_many_steps /plan/steps'] },
  {
    what: 'an id with a space',
    plan: plus({ id: 'a b', tool: 'customers.find', input: { email: 'x' } }),
    caught: ['bad_id /plan/steps/7/id'],
  },
  { what: 'an id twice', plan: plus({ ...GOOD.steps[0]! }), caught: ['duplicate_id /plan/steps/7/id'] },
  {
    what: 'a tool that is not there',
    plan: with_('sorry', { tool: 'mail.sent' }),
    caught: ['unknown_tool /plan/steps/3/tool'],
  },
  {
    what: 'a tool outside the grants',
    options: { ...OPTIONS, grants: ['customers.*', 'tickets.*', 'ledger.post'] },
    caught: ['not_granted /plan/steps/2/tool', 'not_granted /plan/steps/3/tool'],
  },
  {
    what: 'a need that is not there',
    plan: with_('close', { needs: ['tel'] }),
    caught: ['unknown_step /plan/steps/4/needs/0'],
  },
  {
    what: 'an item as a need',
    plan: with_('close', { needs: ['tell[0]'] }),
    caught: ['unknown_step /plan/steps/4/needs/0'],
  },
  {
    what: 'a step taken away that others read',
    plan: without('open'),
    caught: [
      'unknown_step /plan/steps/1/input/ticket',
      'unknown_step /plan/steps/3/input/id',
      'unknown_step /plan/steps/4/needs/0',
      'unknown_step /plan/output/ticket',
    ],
  },
  // Waiting for each other.
  { what: 'a step that needs itself', plan: with_('find', { needs: ['find'] }), caught: ['cycle /plan/steps/0'] },
  { what: 'a need back to the end', plan: with_('find', { needs: ['close'] }), caught: ['cycle /plan/steps/0'] },
  {
    what: 'a reference back to the end',
    plan: with_('find', { input: { email: '${{ steps.close.output.status }}' } }),
    caught: ['cycle /plan/steps/0'],
  },
  {
    what: 'a fallback that waits for who waits for it',
    plan: with_('sorry', { needs: ['close'] }),
    caught: ['cycle /plan/steps/2'],
  },
  // Expressions.
  {
    what: 'an expression that does not parse',
    plan: with_('open', { when: 'steps.find.output.active &&' }),
    caught: ['bad_expression /plan/steps/1/when'],
  },
  {
    what: 'an open brace',
    plan: opening({ title: '${{ input.email' }),
    caught: ['bad_expression /plan/steps/1/input/title'],
  },
  {
    what: 'an unknown variable',
    plan: with_('open', { check: 'outputs.status == "open"' }),
    caught: ['bad_expression /plan/steps/1/check'],
  },
  {
    what: 'the item outside its forEach',
    plan: with_('close', { input: { id: '${{ owner.email }}' } }),
    caught: ['bad_expression /plan/steps/4/input/id'],
  },
  {
    what: 'a step chosen by a value',
    plan: { ...GOOD, completion: ['steps[input.email].output == null'] },
    caught: ['bad_expression /plan/completion/0'],
  },
  {
    what: 'a completion that does not parse',
    plan: { ...GOOD, completion: ['true', '1 +'] },
    caught: ['bad_expression /plan/completion/1'],
  },
  // Inputs against contracts.
  { what: 'a missing property', plan: with_('open', { input: {} }), caught: ['required /plan/steps/1/input/title'] },
  { what: 'a property too many', plan: opening({ colour: 'red' }), caught: ['bad_input /plan/steps/1/input/colour'] },
  { what: 'a number where text belongs', plan: opening({ title: 5 }), caught: ['bad_input /plan/steps/1/input/title'] },
  {
    what: 'text around a number',
    plan: opening({ customer: 'no ${{ steps.find.output.id }}' }),
    caught: ['bad_input /plan/steps/1/input/customer'],
  },
  { what: 'a value below its least', plan: opening({ count: 0 }), caught: ['bad_input /plan/steps/1/input/count'] },
  {
    what: 'a word that is not allowed',
    plan: opening({ kind: 'letter' }),
    caught: ['bad_input /plan/steps/1/input/kind'],
  },
  {
    what: 'an input that is declared as nothing',
    plan: { ...GOOD, input: { ...GOOD.input, limit: 'count' } },
    caught: ['bad_schema /plan/input/limit'],
  },
  // Inputs against what comes before.
  {
    what: 'a member the tool before never gives',
    plan: opening({ title: '${{ steps.find.output.nam }}' }),
    caught: ['unknown_output /plan/steps/1/input/title'],
  },
  {
    what: 'a member inside a text',
    plan: opening({ title: 'Call ${{ steps.find.output.nmae }}' }),
    caught: ['unknown_output /plan/steps/1/input/title'],
  },
  {
    what: 'a member of a text',
    plan: opening({ title: '${{ steps.find.output.name.first }}' }),
    caught: ['unknown_output /plan/steps/1/input/title'],
  },
  {
    what: 'an index into an object',
    plan: opening({ title: '${{ steps.find.output.address[0] }}' }),
    caught: ['unknown_output /plan/steps/1/input/title'],
  },
  {
    what: 'a condition on a member never given',
    plan: with_('open', { when: 'steps.find.output.activ' }),
    caught: ['unknown_output /plan/steps/1/when'],
  },
  {
    what: 'a check of a member never given',
    plan: with_('open', { check: 'output.state == "open"' }),
    caught: ['unknown_output /plan/steps/1/check'],
  },
  {
    what: 'a criterion on a member never given',
    plan: { ...GOOD, completion: ['steps.close.output.stat == "x"'] },
    caught: ['unknown_output /plan/completion/0'],
  },
  {
    what: 'an output of a member never given',
    plan: { ...GOOD, output: '${{ steps.open.output.key }}' },
    caught: ['unknown_output /plan/output'],
  },
  {
    what: 'the list of a step that is none',
    plan: { ...GOOD, completion: ['size(steps.open.outputs) > 0'] },
    caught: ['unknown_output /plan/completion/0'],
  },
  {
    what: 'the output of a forEach',
    plan: { ...GOOD, completion: ['steps.tell.output.id == 1'] },
    caught: ['unknown_output /plan/completion/0'],
  },
  {
    what: 'a member the items never have',
    plan: with_('tell', { input: { to: '${{ owner.mail }}' } }),
    caught: ['unknown_output /plan/steps/2/input/to'],
  },
  {
    what: 'text for a number',
    plan: opening({ customer: '${{ steps.find.output.name }}' }),
    caught: ['type_mismatch /plan/steps/1/input/customer'],
  },
  {
    what: 'a number of an item for text',
    plan: with_('tell', { input: { to: '${{ owner.level }}' } }),
    caught: ['type_mismatch /plan/steps/2/input/to'],
  },
  {
    what: "the task's number for text",
    plan: opening({ title: '${{ input.limit }}' }),
    caught: ['type_mismatch /plan/steps/1/input/title'],
  },
  {
    what: 'an object for a list',
    plan: opening({ tags: '${{ steps.find.output.address }}' }),
    caught: ['type_mismatch /plan/steps/1/input/tags'],
  },
  {
    what: 'a value inside a list',
    plan: opening({ tags: ['a', '${{ steps.find.output.id }}'] }),
    caught: ['type_mismatch /plan/steps/1/input/tags/1'],
  },
  {
    what: 'words that have none in common',
    plan: opening({ kind: '${{ steps.find.output.plan }}' }),
    caught: ['type_mismatch /plan/steps/1/input/kind'],
  },
  {
    what: 'an object with a member that does not fit',
    plan: opening({ place: '${{ steps.find.output.address }}' }),
    caught: ['type_mismatch /plan/steps/1/input/place'],
  },
  {
    what: 'a forEach over no list',
    plan: with_('tell', { forEach: '${{ steps.find.output.name }}', input: { to: 'x' } }),
    caught: ['type_mismatch /plan/steps/2/forEach'],
  },
  // What a step does when it fails, and how often.
  {
    what: 'a fallback that is not there',
    plan: with_('open', { onFailure: { fallback: 'nobody' } }),
    caught: ['unknown_step /plan/steps/1/onFailure/fallback'],
  },
  {
    what: 'a fallback of two',
    plan: with_('post', { onFailure: { fallback: 'sorry' } }),
    caught: ['bad_fallback /plan/steps/5/onFailure/fallback'],
  },
  {
    what: 'a forEach as fallback',
    plan: with_('sorry', { forEach: 'input.list' }),
    options: { ...OPTIONS, input: { list: [] } },
    caught: ['bad_fallback /plan/steps/2/onFailure/fallback'],
  },
  {
    what: 'an item name without items',
    plan: with_('open', { as: 'owner' }),
    caught: ['no_for_each /plan/steps/1/as'],
  },
  {
    what: 'an item name that is taken',
    plan: with_('tell', { as: 'input', input: { to: 'x' } }),
    caught: ['bad_name /plan/steps/2/as'],
  },
  {
    what: 'no item at a time',
    plan: with_('tell', { maxParallel: 0 }),
    caught: ['out_of_range /plan/steps/2/maxParallel'],
  },
  {
    what: 'no attempt',
    plan: with_('open', { retry: { maxAttempts: 0 } }),
    caught: ['out_of_range /plan/steps/1/retry/maxAttempts'],
  },
  {
    what: 'more than a day for one call',
    plan: with_('open', { timeoutMs: 86_400_001 }),
    caught: ['out_of_range /plan/steps/1/timeoutMs'],
  },
  {
    what: 'a priority above nine',
    plan: with_('open', { priority: 10 }),
    caught: ['out_of_range /plan/steps/1/priority'],
  },
  // Effects, budgets, resources.
  {
    what: 'a tool without an effect class',
    tools: withTool('customers.find', { effect: undefined }),
    caught: ['no_effect_class /plan/steps/0/tool'],
  },
  {
    what: 'a keyed tool without a window',
    tools: withTool('tickets.create', { dedupeWindowMs: undefined }),
    caught: ['no_retry_rule /plan/steps/1/tool'],
  },
  {
    what: 'a probed tool without a probe',
    tools: withTool('customers.find', { effect: 'probed' }),
    caught: ['no_retry_rule /plan/steps/0/tool'],
  },
  {
    what: 'a tool that lets nobody in',
    tools: withTool('customers.find', { maxConcurrency: 0 }),
    caught: ['no_room /plan/steps/0/tool'],
  },
  {
    what: 'fewer steps than there may be',
    options: { ...OPTIONS, budget: { steps: 10_006 } },
    caught: ['over_budget /budget/steps'],
  },
  {
    what: 'fewer calls than retries may take',
    options: { ...OPTIONS, budget: { fanOut: 10, toolCalls: 25 } },
    caught: ['over_budget /budget/toolCalls'],
  },
  {
    what: 'more items than the fan-out',
    plan: with_('tell', { forEach: 'input.list', input: { to: 'x' } }),
    options: { ...OPTIONS, budget: { fanOut: 2 }, input: { list: [1, 2, 3] } },
    caught: ['over_budget /budget/fanOut'],
  },
  {
    what: 'two who write the same account at once',
    plan: with_('post-again', { needs: ['open'] }),
    caught: ['parallel_writes /plan/steps/6'],
  },
  {
    what: 'two who write the ticket that a step gives',
    plan: plus({ id: 'close-too', tool: 'tickets.close', input: { id: '${{steps.open.output.id}}' } }),
    caught: ['parallel_writes /plan/steps/7'],
  },
  {
    what: 'items who write the same',
    plan: with_('tell', { tool: 'ledger.post', input: { account: 'sales' } }),
    caught: ['parallel_writes /plan/steps/2/forEach', 'parallel_writes /plan/steps/5'],
  },
];

describe('a good plan', () => {
  it('has nothing wrong with it', () => {
    expect(verdictOn(GOOD)).toEqual([]);
  });

  it.each<[string, PlanDocument]>([
    ['a member that a schema leaves open', { ...GOOD, completion: ['steps.post.output.whatever == 1'] }],
    ['null from a step that may be skipped', { ...GOOD, completion: ['steps.open.output == null'] }],
    [
      'items one after the other on one resource',
      {
        ...GOOD,
        steps: GOOD.steps
          .slice(0, 4)
          .map((step) =>
            step.id === 'tell' ? { ...step, tool: 'ledger.post', maxParallel: 1, input: { account: 'sales' } } : step,
          ),
        completion: [],
      },
    ],
    ['items that each write their own', with_('tell', { tool: 'tickets.close', input: { id: '${{ owner.email }}' } })],
    [
      'a fallback that writes what its own step writes, before who waits for both',
      {
        steps: [
          { id: 'a', tool: 'ledger.post', input: { account: 'x' }, onFailure: { fallback: 'b' } },
          { id: 'b', tool: 'ledger.post', input: { account: 'x' } },
          { id: 'c', tool: 'ledger.post', needs: ['a'], input: { account: 'x' } },
        ],
      },
    ],
  ])('may have %s', (_what, plan) => {
    expect(verdictOn(plan)).toEqual([]);
  });
});

describe('a plan with one thing changed', () => {
  it.each(MUTATIONS)('is caught: $what', ({ plan = GOOD, options, tools, caught }) => {
    expect(verdictOn(plan, options, tools)).toEqual(caught);
  });

  it('is told the name that was probably meant', () => {
    const shelf = new Map(TOOLS.map((tool) => [tool.name, resolveContract(tool, tool.name)]));
    const verdict = compilePlan(opening({ title: '${{ steps.find.output.nam }}' }), shelf);

    expect(verdict).toMatchObject({
      problems: [{ message: "'steps.find.output' has no 'nam', by the contract it comes from. Did you mean 'name'?" }],
    });
  });
});
