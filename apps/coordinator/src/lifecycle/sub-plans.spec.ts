import type { JsonObject } from '@muster/domain';
import type { StepRow } from './snapshot';
import { AgentWorld, type Asked, anAgent } from './testing/agent.world';

const TOOLS = ['read', 'pay', 'search', 'clock', 'note', 'mail'];
const worker = (given = {}) => anAgent('worker', { plans: true, tools: TOOLS, ...given });
const plan = (...steps: JsonObject[]): Asked => ['muster.plan', { steps }];
const aWorld = (...agents: Parameters<typeof anAgent>[1][]) =>
  new AgentWorld(
    agents.length > 0 ? agents.map((given, n) => anAgent(n === 0 ? 'lead' : 'worker', given)) : [worker()],
  );

const READ = { id: 'look', tool: 'read', input: { n: 1 } };
const PAY = { id: 'settle', tool: 'pay', input: { sum: '${{ steps.look.output.sum }}' } };
const SEARCH = { id: 'aside', tool: 'search', input: { q: 'rain' } };

const subPlanOf = ({ call }: StepRow) => (call?.kind === 'model' ? undefined : call?.subPlan);

describe('a plan that a model returns', () => {
  it('becomes calls of the same round, each of which begins when all that it needs have succeeded', () => {
    const world = aWorld();

    world.asks('work/1', plan(PAY, READ, SEARCH));
    expect(world.states('work/2', 'work/3', 'work/4')).toEqual({
      'work/2': 'pending',
      'work/3': 'dispatched',
      'work/4': 'dispatched',
    });
    expect(world.step('work').waitingOn).toBe(3);
    expect(world.claim('work/2')).toBe('stale');
    world.answer('work/4', { output: { hits: 1 } });
    expect(world.states('work/2')).toEqual({ 'work/2': 'pending' });
    world.answer('work/3', { output: { sum: 5 } });

    expect(world.states('work/2')).toEqual({ 'work/2': 'dispatched' });
    expect(subPlanOf(world.step('work/2'))).toEqual({ id: 'settle', request: 0, needs: { look: 'work/3' } });
    world.answer('work/2', { output: { id: 1 } });
    world.ends('work/5');
    expect(world.task.state).toBe('completed');
  });

  it('waits where a need has succeeded and another has not', () => {
    const world = aWorld();
    world.asks('work/1', plan(READ, SEARCH, { ...PAY, needs: ['aside'] }));

    world.answer('work/2');
    expect(world.step('work/4')).toMatchObject({ state: 'pending', waitingOn: 1 });
    world.answer('work/3');

    expect(world.step('work/4')).toMatchObject({ state: 'dispatched', waitingOn: 0 });
  });

  it('skips everything behind a step that failed, and its agent is told and goes on', () => {
    const world = aWorld();
    world.asks('work/1', plan(READ, PAY, { id: 'then', tool: 'note', needs: ['settle'] }, SEARCH));

    world.answer('work/2', { state: 'failed', code: 'http_404' });
    expect(world.states('work/3', 'work/4')).toEqual({ 'work/3': 'skipped', 'work/4': 'skipped' });
    expect(world.step('work/3').condition).toEqual({ kind: 'none', reason: 'upstream_failed' });
    expect(world.states('work')).toEqual({ work: 'waiting' });
    world.answer('work/5');
    world.ends('work/6');

    expect(world.task).toMatchObject({ state: 'completed', failure: null, openSteps: 0 });
  });

  it('may stand beside single calls and other plans in one answer', () => {
    const world = aWorld();

    world.asks('work/1', ['clock'], plan(READ, PAY), plan({ ...READ, input: { n: 2 } }, PAY));

    expect(world.states('work/2', 'work/3', 'work/4', 'work/5', 'work/6')).toEqual({
      'work/2': 'dispatched',
      'work/3': 'dispatched',
      'work/4': 'pending',
      'work/5': 'dispatched',
      'work/6': 'pending',
    });
    expect([subPlanOf(world.step('work/4'))?.needs, subPlanOf(world.step('work/6'))?.needs]).toEqual([
      { look: 'work/3' },
      { look: 'work/5' },
    ]);
  });

  it('goes on after a crash: a need whose answer nobody heard of is folded, and what waited for it begins', () => {
    const world = aWorld();
    world.asks('work/1', plan(READ, PAY));
    world.claim('work/2');
    world.settle('work/2', { output: { sum: 5 } });

    world.advance(120_000);
    world.sweep();

    expect(world.states('work/2', 'work/3')).toEqual({ 'work/2': 'succeeded', 'work/3': 'dispatched' });
  });

  it('is looked at as often as anybody likes: what waits begins once', () => {
    const world = aWorld();
    world.asks('work/1', plan(READ, PAY));
    world.look('work/3', 'work', 'work/2', 'work/3');
    expect(world.states('work/3')).toEqual({ 'work/3': 'pending' });
    world.answer('work/2', { output: { sum: 5 } });

    const rings = world.rings.length;
    world.look('work/2', 'work/3', 'work');

    expect(world.rings).toHaveLength(rings);
    expect(world.step('work/3')).toMatchObject({ state: 'dispatched', epoch: 0 });
  });

  it('is closed with its task, what waits and what is under way', () => {
    const world = aWorld();
    world.asks('work/1', plan(READ, PAY));

    world.cancel();
    world.sweep();

    expect(world.task.state).toBe('cancelled');
    expect(new Set(Object.values(world.states('work', 'work/2', 'work/3')))).toEqual(new Set(['cancelled']));
  });

  it('may have agents for steps, with what they are given read from the steps beside them', () => {
    const world = aWorld({ plans: true, tools: ['read'], agents: ['worker'] }, { tools: ['read'] });
    world.asks('work/1', plan(READ, { id: 'sub', agent: 'worker', input: { about: '${{ steps.look.output }}' } }));
    expect(world.states('work/3')).toEqual({ 'work/3': 'pending' });

    world.answer('work/2', { output: { text: 'wet' } });
    expect(world.states('work/3', 'work/3/1')).toEqual({ 'work/3': 'waiting', 'work/3/1': 'dispatched' });
    world.ends('work/3/1');
    world.ends('work/4');

    expect(world.task.state).toBe('completed');
    expect(world.step('work/3').call).toMatchObject({ callers: ['lead', 'worker'] });
  });

  it('skips what stands behind an agent that failed', () => {
    const world = aWorld(
      { plans: true, tools: ['pay', 'read'], agents: ['worker'] },
      { tools: ['read'], budget: { modelCalls: 1 } },
    );
    world.asks('work/1', plan({ id: 'sub', agent: 'worker' }, { id: 'settle', tool: 'pay', needs: ['sub'] }));

    world.asks('work/2/1', ['read', {}]);
    world.answer('work/2/2');

    expect(world.states('work/2', 'work/3')).toEqual({ 'work/2': 'failed', 'work/3': 'skipped' });
  });
});

describe('a plan that is not sound', () => {
  const refusalOf = (world: AgentWorld, key = 'work/2') => {
    const { call, state, condition } = world.step(key);
    return { state, condition, refusal: call?.kind === 'model' ? undefined : call?.refusal };
  };

  it('is refused as a whole, with everything that is wrong with it, and nothing of it is sent', () => {
    const world = aWorld();

    world.asks('work/1', plan(READ, { ...PAY, when: 'true' }, { id: 'x', tool: 'ship' }));
    world.asks('work/3', plan(READ, { id: 'x', tool: 'ship' }, { id: 'y', tool: 'serch' }));

    expect(refusalOf(world)).toMatchObject({
      state: 'skipped',
      condition: { reason: 'bad_plan' },
      refusal: { code: 'bad_plan', problems: [{ pointer: '/steps/1/when', code: 'unknown_field' }] },
    });
    expect(refusalOf(world, 'work/4').refusal?.problems).toMatchObject([
      { pointer: '/steps/1/tool', code: 'unknown_tool' },
      { pointer: '/steps/2/tool', code: 'unknown_tool', message: expect.stringContaining("'search'") },
    ]);
    expect(world.sent('read') + world.sent('pay')).toBe(0);
  });

  it('ends its agent where it is returned for ever', () => {
    const world = aWorld();

    world.runs(
      (n) => [plan({ id: 'x', tool: `no.such-${n}` })],
      () => null,
    );

    expect(world.step('work').failure).toMatchObject({ exitReason: 'no_progress' });
  });

  it('is one that reaches further than its agent may: grants of others and of delegates are none', () => {
    const world = aWorld({ plans: true, tools: ['read'], delegates: ['pay'], agents: ['worker'] }, { tools: ['pay'] });

    world.asks('work/1', plan(READ, { id: 'x', tool: 'pay' }));

    expect(refusalOf(world).refusal?.problems).toMatchObject([{ pointer: '/steps/1/tool', code: 'not_granted' }]);
  });

  it('is one with more steps than an answer may ask for', () => {
    const world = new AgentWorld([worker({ budget: { fanOut: 2 } })]);

    world.asks('work/1', plan(READ, PAY, SEARCH));

    expect(refusalOf(world).refusal?.problems).toMatchObject([{ pointer: '/steps', code: 'too_many_steps' }]);
  });

  it.each([
    ['whose arguments are cut off', worker(), 'bad_arguments'],
    ['of an agent that may not return any', worker({ plans: undefined }), 'unknown_name'],
  ])('%s is none', (_, agent, code) => {
    const world = new AgentWorld([agent]);

    world.asks('work/1', code === 'bad_arguments' ? ['muster.plan', null] : plan(READ));

    expect(refusalOf(world)).toMatchObject({ state: 'skipped', refusal: { code } });
  });
});

describe('the budgets above a plan', () => {
  it('bound the calls of one answer, plans and single calls together', () => {
    const world = new AgentWorld([worker({ budget: { fanOut: 2 } })]);

    world.asks('work/1', ['clock'], plan(READ, PAY));

    expect(world.step('work').failure).toMatchObject({ message: expect.stringContaining('fanOut') });
  });

  it('bound the steps of the task', () => {
    const world = new AgentWorld([worker()], { budget: { steps: 3 } });

    world.asks('work/1', plan(READ, PAY));

    expect(world.step('work').failure).toMatchObject({ message: expect.stringContaining('steps') });
  });

  it('are asked when a step begins: one that finds them spent fails, and its agent with it', () => {
    const world = new AgentWorld([worker({ budget: { toolCalls: 1 } })]);
    world.asks('work/1', plan(READ, PAY, { id: 'then', tool: 'note', needs: ['settle'] }));

    world.answer('work/2', { output: { sum: 1 } });

    expect(world.states('work', 'work/3', 'work/4')).toEqual({
      work: 'failed',
      'work/3': 'failed',
      'work/4': 'skipped',
    });
    expect(world.step('work').failure).toMatchObject({ exitReason: 'budget_exceeded' });
  });
});

describe('a step that is identical to an earlier call', () => {
  const PAID = { id: 'paid', tool: 'pay', input: { sum: 1 } };

  it('is answered by it, and what needs the step has that call to read', () => {
    const world = aWorld();
    world.asks('work/1', ['pay', { sum: 1 }]);
    world.answer('work/2', { output: { id: 7 } });

    world.asks('work/3', plan(PAID, { id: 'tell', tool: 'note', input: { id: '${{ steps.paid.output.id }}' } }));

    expect(world.step('work/4')).toMatchObject({ state: 'skipped', call: { answeredBy: 'work/2' } });
    expect(world.step('work/5')).toMatchObject({ state: 'dispatched', waitingOn: 0 });
    expect(subPlanOf(world.step('work/5'))?.needs).toEqual({ paid: 'work/2' });
  });

  it('leaves what it waited for to whatever needs it', () => {
    const world = aWorld();
    world.asks('work/1', ['pay', { sum: 1 }]);
    world.answer('work/2');

    world.asks('work/3', plan(READ, { ...PAID, needs: ['look'] }, { id: 'tell', tool: 'note', needs: ['paid'] }));

    expect(world.states('work/4', 'work/5', 'work/6')).toEqual({
      'work/4': 'dispatched',
      'work/5': 'skipped',
      'work/6': 'pending',
    });
    world.answer('work/4', { state: 'failed' });
    expect(world.states('work/6')).toEqual({ 'work/6': 'skipped' });
  });

  it('waits with its dependants for a twin of the same answer', () => {
    const world = aWorld();

    world.asks('work/1', ['pay', { sum: 1 }], plan(PAID, { id: 'tell', tool: 'note', needs: ['paid'] }));

    expect(world.states('work/3', 'work/4')).toEqual({ 'work/3': 'skipped', 'work/4': 'pending' });
    world.answer('work/2');
    expect(world.states('work/4')).toEqual({ 'work/4': 'dispatched' });
  });

  it('cannot be relied on where nobody believed the answer of that call', () => {
    const world = aWorld();
    world.asks('work/1', ['pay', { sum: 1 }]);
    world.answer('work/2', { output: 'bad', outputValid: false });
    world.verdict('work/2', false);

    world.asks('work/3', plan(PAID, { id: 'tell', tool: 'note', needs: ['paid'] }));

    expect(world.states('work/4', 'work/5', 'work/6')).toEqual({
      'work/4': 'skipped',
      'work/5': 'skipped',
      'work/6': 'dispatched',
    });
  });

  it('in the same plan is another operation', () => {
    const world = aWorld();

    world.asks('work/1', plan(PAID, { ...PAID, id: 'again' }));

    expect(world.states('work/2', 'work/3')).toEqual({ 'work/2': 'dispatched', 'work/3': 'dispatched' });
  });

  it('is known by its expressions: the same plan again repeats no effect, another one does not count as the same', () => {
    const world = aWorld();
    world.asks('work/1', plan(READ, PAY));
    world.answer('work/2', { output: { sum: 5 } });
    world.answer('work/3', { output: { id: 1 } });

    world.asks('work/4', plan(READ, PAY), plan({ ...READ, input: { n: 2 } }, PAY));

    expect(world.states('work/6', 'work/8')).toEqual({ 'work/6': 'skipped', 'work/8': 'pending' });
    expect(world.step('work/6').call).toMatchObject({ answeredBy: 'work/3' });
  });

  it('that reads is made again behind anything that is still to be done', () => {
    const world = aWorld();
    world.asks('work/1', ['read', { n: 1 }]);
    world.answer('work/2', { output: { sum: 5 } });

    world.asks('work/3', plan({ id: 'first', tool: 'note' }, { ...READ, needs: ['first'] }, { ...READ, id: 'apart' }));

    expect(world.states('work/5', 'work/6')).toEqual({ 'work/5': 'pending', 'work/6': 'skipped' });
  });

  it('was not made where it failed, or never began', () => {
    const world = aWorld();
    world.asks('work/1', plan(READ, PAY));
    world.answer('work/2', { state: 'failed' });

    world.asks('work/4', plan(READ, PAY));

    expect(world.states('work/5', 'work/6')).toEqual({ 'work/5': 'dispatched', 'work/6': 'pending' });
  });
});
