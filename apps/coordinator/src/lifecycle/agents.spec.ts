import { AgentWorld, anAgent } from './testing/agent.world';

const worker = (given = {}) =>
  anAgent('worker', { tools: ['read', 'pay', 'search', 'clock', 'note', 'mail'], ...given });

describe('an agent', () => {
  it('asks its model, makes the calls it asks for, and ends with its final answer', () => {
    const world = new AgentWorld([worker()]);
    expect(world.states()).toEqual({ work: 'waiting', 'work/1': 'dispatched' });

    world.asks('work/1', ['read', { n: 1 }], ['pay', { sum: 5 }]);
    world.answer('work/2', { output: { text: 'wet' } });
    world.answer('work/3', { output: { id: 1 } });
    world.ends('work/4', { done: true });

    expect(world.states()).toEqual({
      work: 'succeeded',
      'work/1': 'succeeded',
      'work/2': 'succeeded',
      'work/3': 'succeeded',
      'work/4': 'succeeded',
    });
    expect(world.task.state).toBe('completed');
    expect(world.step('work').operationId).toBe(world.step('work/4').operationId);
    expect(world.store.outputAt(0)).toEqual({ state: 'succeeded', output: { done: true } });
  });

  it('waits without holding a place in the window', () => {
    const world = new AgentWorld([worker()], { room: 1 });

    world.asks('work/1', ['read'], ['read', { n: 2 }]);

    expect(world.states('work', 'work/2', 'work/3')).toEqual({
      work: 'waiting',
      'work/2': 'dispatched',
      'work/3': 'ready',
    });
  });

  it('fails with what made its model’s call fail', () => {
    const world = new AgentWorld([worker()]);

    world.answer('work/1', { state: 'failed', code: 'http_401' });

    expect(world.step('work').failure).toMatchObject({
      exitReason: 'http_401',
      operationId: expect.stringContaining('op_'),
    });
    expect(world.task.state).toBe('failed');
  });

  it('is told of a call that failed, and goes on', () => {
    const world = new AgentWorld([worker()]);

    world.asks('work/1', ['read']);
    world.answer('work/2', { state: 'failed', code: 'http_404' });
    world.ends('work/3');

    expect(world.task.state).toBe('completed');
  });

  it('has its answer checked by the verifier before it is believed', () => {
    const world = new AgentWorld([worker()], { check: 'output.done' });

    world.ends('work/1');
    expect(world.states('work')).toEqual({ work: 'verifying' });
    world.verdict('work', true);

    expect(world.task.state).toBe('completed');
  });

  it('has two tries to repair a final answer that is not what its contract says', () => {
    const world = new AgentWorld([worker()]);

    for (const key of ['work/1', 'work/2']) world.ends(key, { wrong: true });
    world.ends('work/3');

    expect(world.task.state).toBe('completed');
  });

  it('asks its model again when the answer was lost with its executor, and repeats nothing else', () => {
    const world = new AgentWorld([worker()]);
    world.asks('work/1', ['pay', { sum: 1 }]);
    world.answer('work/2', { output: { id: 1 } });

    world.lose('work/3', 'ended');
    world.ends('work/3');

    expect(world.task.state).toBe('completed');
    expect(world.operation('work/3')?.sending).toBe(2);
    expect([world.operation('work/1')?.sending, world.operation('work/2')?.sending]).toEqual([1, 1]);
  });

  it('waits for a person where an opaque call of it is in doubt, and goes on with their word', () => {
    const world = new AgentWorld([worker()]);
    world.asks('work/1', ['mail', { to: 'a' }]);
    world.lose('work/2', 'ended');
    expect([world.states('work', 'work/2'), world.attention?.status]).toEqual([
      { work: 'waiting', 'work/2': 'parked' },
      true,
    ]);

    expect(world.resolve('work/2', 'happened', { id: 7 })).toBe('done');
    world.verdict('work/2', true);
    world.ends('work/3');

    expect([world.task.state, world.attention?.status]).toEqual(['completed', false]);
  });

  it('is closed with its calls when its task is withdrawn, once nothing is in flight', () => {
    const world = new AgentWorld([worker()]);
    world.asks('work/1', ['read'], ['search', { q: 'x' }]);
    world.claim('work/2');

    world.cancel();
    world.settle('work/2', { output: { text: 'late' } });
    world.look('work/2');
    world.advance(1_000);
    world.sweep();

    expect(world.task.state).toBe('cancelled');
    expect(new Set(Object.values(world.states('work', 'work/2', 'work/3')))).toEqual(new Set(['cancelled']));
  });
});

describe('a call that a model may not make', () => {
  it.each([
    ['of a tool that is not granted', 'ship', {}, 'unknown_name'],
    ['of nothing that exists', 'format.disk', {}, 'unknown_name'],
    ['with arguments that are no JSON', 'read', null, 'bad_arguments'],
    ['with arguments that its contract refuses', 'search', { query: 'x' }, 'bad_arguments'],
  ] as const)('%s is recorded and never sent', (_, name, input, reason) => {
    const world = new AgentWorld([worker()]);

    world.asks('work/1', [name, input]);

    expect(world.step('work/2')).toMatchObject({ state: 'skipped', condition: { kind: 'none', reason } });
    expect(world.store.ledger.operations.has(world.step('work/2').id)).toBe(false);
    expect(world.states('work/3')).toEqual({ 'work/3': 'dispatched' });
  });

  it('stays out of reach when another agent of the task may make it', () => {
    const lead = anAgent('lead', { tools: ['read'], delegates: ['pay'], agents: ['worker'] });
    const world = new AgentWorld([lead, anAgent('worker', { tools: ['pay'] })]);

    world.asks('work/1', ['pay', { sum: 1 }]);

    expect(world.step('work/2')).toMatchObject({ state: 'skipped', condition: { reason: 'not_granted' } });
  });

  it('stays out of reach of a sub-agent whose caller could not have handed it down', () => {
    const world = new AgentWorld([
      anAgent('lead', { tools: ['read'], agents: ['worker'] }),
      anAgent('worker', { tools: ['read', 'pay'] }),
    ]);
    world.asks('work/1', ['worker', { topic: 'x' }]);

    world.asks('work/2/1', ['pay', { sum: 1 }], ['read', {}]);

    expect(world.states('work/2/2', 'work/2/3')).toEqual({ 'work/2/2': 'skipped', 'work/2/3': 'dispatched' });
  });

  it('is capped by the grants of the task, whatever the agent’s contract says', () => {
    const world = new AgentWorld([worker()], { grants: ['worker', 'read'] });

    world.asks('work/1', ['pay', { sum: 1 }], ['read', {}]);

    expect(world.states('work/2', 'work/3')).toEqual({ 'work/2': 'skipped', 'work/3': 'dispatched' });
  });
});

describe('an identical call', () => {
  const twice = (first: Parameters<AgentWorld['asks']>[1], ...between: Parameters<AgentWorld['asks']>[1][]) => {
    const world = new AgentWorld([worker()]);
    let n = 1;
    for (const call of [first, ...between]) {
      world.asks(`work/${n}`, call);
      world.answer(`work/${n + 1}`, { output: { n } });
      world.advance(10);
      n += 2;
    }
    world.asks(`work/${n}`, first);
    return world.step(`work/${n + 1}`);
  };

  it('of an effect is answered by the first', () => {
    expect(twice(['pay', { a: 1, b: 2 }])).toMatchObject({ state: 'skipped', call: { answeredBy: 'work/2' } });
  });

  it('of a read is answered by the first as long as no effect of the task came between', () => {
    expect(twice(['read', { n: 1 }])).toMatchObject({ state: 'skipped', call: { answeredBy: 'work/2' } });
    expect(twice(['read', { n: 1 }], ['pay', { sum: 1 }])).toMatchObject({ state: 'dispatched' });
  });

  it.each(['clock', 'note'])('is made where its contract says so: %s', (tool) => {
    expect(twice([tool, {}])).toMatchObject({ state: 'dispatched' });
  });

  it('of an effect whose answer was refuted is not made again: it took place', () => {
    const world = new AgentWorld([worker()]);
    world.asks('work/1', ['pay', { sum: 1 }]);
    world.answer('work/2', { output: 'bad', outputValid: false });
    world.verdict('work/2', false);

    world.asks('work/3', ['pay', { sum: 1 }]);

    expect(world.states('work/2', 'work/4')).toEqual({ 'work/2': 'failed', 'work/4': 'skipped' });
  });

  it('in one answer is made once', () => {
    const world = new AgentWorld([worker()]);

    world.asks('work/1', ['pay', { sum: 1 }], ['pay', { sum: 1 }]);

    expect(world.step('work/3')).toMatchObject({ state: 'skipped', call: { answeredBy: 'work/2' } });
  });
});

describe('a sub-agent', () => {
  const lead = anAgent('lead', { tools: ['read'], agents: ['lead', 'worker'] });

  it('is a step of the same task, and its final answer is what its caller is told', () => {
    const world = new AgentWorld([lead, worker()]);

    world.asks('work/1', ['worker', { topic: 'x' }]);
    world.asks('work/2/1', ['read', {}]);
    world.answer('work/2/2', { output: { text: 'wet' } });
    world.ends('work/2/3');
    world.ends('work/3');

    expect(world.task.state).toBe('completed');
    expect(world.step('work/2')).toMatchObject({ kind: 'agent', state: 'succeeded', tool: 'worker' });
  });

  it('whose first model call finds the budget above it spent fails, and so does its caller', () => {
    const world = new AgentWorld([anAgent('lead', { agents: ['worker'], budget: { modelCalls: 1 } }), worker()]);

    world.asks('work/1', ['worker', { topic: 'x' }]);

    expect(world.states('work', 'work/2', 'work/2/1')).toEqual({
      work: 'failed',
      'work/2': 'failed',
      'work/2/1': 'failed',
    });
    expect(world.task.state).toBe('failed');
  });

  it('that fails leaves its caller to go on', () => {
    const world = new AgentWorld([lead, worker({ budget: { modelCalls: 1 } })]);

    world.asks('work/1', ['worker', { topic: 'x' }]);
    world.asks('work/2/1', ['read', {}]);
    world.answer('work/2/2', { output: {} });

    expect(world.step('work/2').failure).toMatchObject({
      exitReason: 'budget_exceeded',
      message: expect.stringContaining('modelCalls'),
    });
    world.ends('work/3');
    expect(world.task.state).toBe('completed');
  });
});

describe('what agents use', () => {
  it('is reserved before a call, settled after it, and counted all the way up', () => {
    const world = new AgentWorld([anAgent('lead', { agents: ['worker'] }), anAgent('worker')]);
    const reserved = { modelCalls: 1, toolCalls: 0, tokens: 1_500, costMicros: 1_500 };
    expect(world.step('work').spent).toEqual(reserved);
    expect(world.task).toMatchObject(reserved);

    world.asks('work/1', ['worker', {}]);
    world.ends('work/2/1');

    expect(world.step('work/2').spent).toEqual({ modelCalls: 1, toolCalls: 0, tokens: 15, costMicros: 15 });
    expect(world.step('work').spent).toEqual({ modelCalls: 3, toolCalls: 0, tokens: 1_530, costMicros: 1_530 });
    world.ends('work/3');
    expect(world.task).toMatchObject({ modelCalls: 3, tokens: 45, costMicros: 45, toolCalls: 0 });
  });

  it('stays reserved where an answer was lost: it may have cost what it could', () => {
    const world = new AgentWorld([worker()]);

    world.lose('work/1', 'ended');
    world.ends('work/1');

    expect(world.task).toMatchObject({ modelCalls: 2, tokens: 1_515 });
  });

  it('is returned where nothing was sent', () => {
    const world = new AgentWorld([worker()]);

    world.refuse('work/1', 'breaker_open');
    world.look('work/1');

    expect(world.task).toMatchObject({ modelCalls: 0, tokens: 0, costMicros: 0 });
    expect(world.step('work').spent).toMatchObject({ modelCalls: 0, tokens: 0 });
  });
});
