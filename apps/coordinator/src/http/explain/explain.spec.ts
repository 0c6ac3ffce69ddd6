import { showId } from '@muster/domain';
import type { StandstillFacts, WaitingStep } from '@muster/persistence';
import { explainTask } from './explain';

const TASK_ID = '0199f2a0-c4e8-7a3d-9b1f-6c2e5d8a7b40';
const OPERATION_ID = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
const SHOWN = showId('operation', OPERATION_ID);

const facts = (steps: WaitingStep[], given: Partial<StandstillFacts> = {}): StandstillFacts => ({
  now: '2026-01-01T10:01:00.000Z',
  taskId: TASK_ID,
  state: 'running',
  revision: 3,
  openSteps: steps.length,
  steps,
  ...given,
});

const step = (given: Partial<WaitingStep>): WaitingStep => ({
  key: 'pay',
  tool: 'bank.pay',
  state: 'waiting',
  openNeeds: [],
  ...given,
});

const operation = (given: Partial<NonNullable<WaitingStep['operation']>> = {}) => ({
  id: OPERATION_ID,
  effect: 'opaque' as const,
  state: 'unknown' as const,
  sending: 1,
  sentAt: '2026-01-01T10:00:00.000Z',
  ...given,
});

describe('a parked step', () => {
  const condition = { kind: 'person', reason: 'opaque', message: 'Nobody knows.', operationId: OPERATION_ID } as const;
  const parked = step({ state: 'parked', condition, operation: operation() });

  it('is explained with the operation, and with the requests that decide it', () => {
    const { summary, waitingFor } = explainTask(facts([parked]));

    expect(summary).toContain("'pay' waits for a person");
    expect(waitingFor[0]).toMatchObject({
      stepKey: 'pay',
      cause: 'Nobody knows.',
      operationId: SHOWN,
      retrySafe: false,
    });
    expect(waitingFor[0]!.canDo.filter((text) => text.includes(`POST /v1/operations/${SHOWN}/resolve`))).toHaveLength(
      2,
    );
  });
});

describe('a call whose outcome is unknown', () => {
  it.each([
    ['none', true],
    ['transactional', true],
    ['keyed', true],
    ['probed', false],
    ['opaque', false],
  ] as const)('of class %s: sending it again is safe: %s', (effect, expected) => {
    const [wait] = explainTask(facts([step({ operation: operation({ effect }) })])).waitingFor;

    expect(wait!.retrySafe).toBe(expected);
  });
});

describe('every stored condition', () => {
  it.each([
    [{ kind: 'needs' }, 'find'],
    [{ kind: 'window' }, 'window'],
    [{ kind: 'slot' }, 'maxParallel'],
    [{ kind: 'answer' }, 'No executor'],
    [{ kind: 'after', step: 'find' }, 'find'],
    [{ kind: 'retry', at: '2026-01-01T11:00:00Z', class: 'busy', attempt: 2 }, '11:00'],
    [{ kind: 'probe', notBefore: '2026-01-01T11:00:00Z', reason: 'timeout', asked: 1 }, 'timeout'],
    [{ kind: 'breaker', tool: 'bank.pay', until: '2026-01-01T11:00:00Z' }, 'bank.pay'],
    [{ kind: 'items', total: 7, failed: 1 }, '7 items'],
    [{ kind: 'agent', round: 2, calls: 4, idle: 0, repairs: 0 }, 'round 2, with 4 calls'],
    [{ kind: 'verdict', round: 2 }, 'round 2'],
    [{ kind: 'none' }, 'waiting'],
  ] as const)('%j has a cause and an end', (condition, expected) => {
    const [wait] = explainTask(facts([step({ condition, openNeeds: ['find'] })])).waitingFor;

    expect(`${wait!.cause} ${wait!.movesWhen}`).toContain(expected);
  });

  it('of a later release is named rather than refused', () => {
    const condition = { kind: 'moon' } as never;

    expect(explainTask(facts([step({ condition })])).waitingFor[0]!.cause).toContain("'moon'");
  });
});

describe('a task that has ended', () => {
  it('waits for nothing and says how it ended', () => {
    const told = explainTask(facts([], { state: 'failed', failure: 'The bank refused.' }));

    expect(told).toMatchObject({ waitingFor: [], summary: expect.stringContaining('The bank refused.') });
  });
});

describe('a withdrawn task', () => {
  it('offers nothing but patience', () => {
    const [wait] = explainTask(facts([step({ operation: operation() })], { withdrawal: 'cancel' })).waitingFor;

    expect(wait).toMatchObject({ canDo: [], cause: expect.stringContaining('withdrawn') });
  });
});
