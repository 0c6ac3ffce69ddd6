import type { Operation, Step, StepState, Task } from '@muster/client';
import { PLAIN } from './paint';
import { stepTree } from './step-tree';
import { changeLines, taskDetail, taskTable } from './task.view';

const NOW = Date.parse('2026-01-01T00:01:00Z');

const aStep = (key: string, state: StepState, more: Partial<Step> = {}): Step => ({
  id: `stp_${key}`,
  key,
  state,
  ...more,
});

const anOperation = (id: string, more: Partial<Operation> = {}): Operation => ({
  id,
  taskId: 'tsk_1',
  stepKey: 'pay',
  tool: 'bank.pay',
  effect: 'keyed',
  state: 'succeeded',
  sendings: 1,
  requestHash: 'h',
  evidence: [],
  ...more,
});

const aTask = (more: Partial<Task> = {}): Task => ({
  id: 'tsk_1',
  state: 'running',
  revision: 1,
  conditions: [],
  counts: { succeeded: 1, pending: 2 },
  createdAt: '2026-01-01T00:00:30Z',
  ...more,
});

describe('a table of tasks', () => {
  it('aligns its columns and leaves out those that nobody fills', () => {
    const lines = taskTable(
      [aTask(), aTask({ id: 'tsk_22', state: 'completed', counts: { succeeded: 12 } })],
      PLAIN,
      NOW,
    );

    expect(lines).toEqual([
      'TASK    STATE      STEPS  CREATED',
      'tsk_1   running    1/3    30 s ago',
      'tsk_22  completed  12/12  30 s ago',
    ]);
  });

  it('says which task waits for a person', () => {
    const conditions = [{ type: 'NeedsAttention', status: 'True' as const, message: 'pay is parked' }];

    expect(taskTable([aTask({ conditions })], PLAIN, NOW)[1]).toContain('needs attention: pay is parked');
  });
});

describe('a tree of steps', () => {
  const tree = (steps: Step[], operations: Operation[] = [], itemsShownMax?: number) =>
    stepTree(steps, operations, { paint: PLAIN, now: NOW, itemsShownMax });

  it('puts the items of a forEach under their parent', () => {
    const lines = tree([
      aStep('find', 'succeeded', { tool: 'customers.find' }),
      aStep('tell', 'waiting'),
      aStep('tell[0]', 'succeeded'),
      aStep('tell[1]', 'failed', { failure: { exitReason: 'rejected', message: 'no such address' } }),
    ]);

    expect(lines).toEqual([
      'find  ✓ succeeded   customers.find',
      'tell  ◔ waiting     ━━━━━━━━━━━━ 2/2',
      '  tell[0]  ✓ succeeded',
      '  tell[1]  ✗ failed      rejected: no such address',
    ]);
  });

  it('puts the calls of an agent under it, and those of an agent that it called under that one', () => {
    const lines = stepTree(
      [
        aStep('work', 'waiting', { kind: 'agent', agent: 'lead' }),
        aStep('work/1', 'succeeded', { kind: 'model', tool: 'model:lead' }),
        aStep('work/2', 'waiting', { kind: 'agent', agent: 'clerk' }),
        aStep('work/2/1', 'dispatched', { kind: 'model', tool: 'model:clerk' }),
        aStep('work/3', 'skipped', {
          kind: 'tool',
          tool: 'vault',
          conditions: [{ type: 'Ended', status: true, reason: 'not_granted' }],
        }),
      ],
      [],
      { paint: PLAIN, now: NOW },
    );

    expect(lines.map((line) => line.replace(/ +/g, ' ').replace(/^ /, line.match(/^ */)?.[0] ?? ''))).toEqual([
      'work ◔ waiting lead',
      '  work/1 ✓ succeeded model:lead',
      '  work/2 ◔ waiting clerk',
      '    work/2/1 ◌ dispatched model:clerk',
      '  work/3 – skipped vault not_granted',
    ]);
  });

  it('shows what was executed and what was verified as different things', () => {
    const conditions = [{ type: 'Verified', status: true }];

    expect(tree([aStep('a', 'succeeded', { conditions })])[0]).toContain('✓ verified');
    expect(tree([aStep('a', 'succeeded')])[0]).toContain('✓ succeeded');
  });

  it('hides the items that simply succeeded first', () => {
    const items = Array.from({ length: 20 }, (_, at) => aStep(`tell[${at}]`, at === 19 ? 'parked' : 'succeeded'));

    const lines = tree([aStep('tell', 'waiting'), ...items], [], 2);

    expect(lines.map((line) => line.trim().split(' ')[0])).toEqual(['tell', 'tell[0]', 'tell[19]', '…']);
    expect(lines.at(-1)).toContain('and 18 more');
  });

  it('says how often an operation was sent', () => {
    const lines = tree(
      [aStep('pay', 'executing', { operationId: 'op_1' })],
      [anOperation('op_1', { sendings: 3, state: 'unknown' })],
    );

    expect(lines[0]).toContain('sent 3 times, outcome unknown');
  });

  it('says what a step waits for', () => {
    const conditions = [{ type: 'Waiting', status: true, reason: 'probe' }];

    expect(tree([aStep('pay', 'waiting', { conditions })])[0]).toContain('the tool is asked what happened');
  });

  it('lets no text of a stranger move the cursor', () => {
    const failure = { exitReason: 'rejected', message: '\u001b[2J\u0007gone' };

    const text = tree([aStep('a', 'failed', { failure })]).join();

    expect(text).toContain('gone');
    for (const control of ['\u001b', '\u0007']) expect(text).not.toContain(control);
  });
});

describe('a task that ended otherwise than completed', () => {
  it('lists the effects that stand', () => {
    const standingEffects = [{ operationId: 'op_1', tool: 'bank.pay', state: 'succeeded' as const }];
    const task = aTask({ state: 'cancelled', standingEffects });

    const lines = taskDetail({ task, steps: [], operations: [] }, PLAIN, NOW);

    expect(lines.slice(-2)).toEqual(['1 standing effect, not undone', '  op_1  bank.pay  succeeded']);
  });
});

describe('two looks at a task', () => {
  it('give a line for each thing that changed', () => {
    const before = {
      task: aTask(),
      steps: [aStep('a', 'pending'), aStep('b', 'pending')],
      operations: [anOperation('op_1')],
    };
    const after = {
      task: aTask({ state: 'completed' }),
      steps: [aStep('a', 'succeeded'), aStep('b', 'pending')],
      operations: [anOperation('op_1', { sendings: 2 })],
    };

    expect(changeLines(before, after)).toEqual(['pay sent again (2)', 'a succeeded', 'task completed']);
    expect(changeLines(after, after)).toEqual([]);
  });
});
