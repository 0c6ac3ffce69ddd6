import { gather } from '@muster/client';
import type { EffectClass } from '@muster/domain';
import { reportWrite } from '../../apps/executor/src/tools/builtin/report-write';
import { aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { type Behaviour, ToolServer } from '../support/tool-server';

/** Of a tool that hangs once: the next answer has to come in it, whatever else the machine does. */
const HANGS_MS = 2_000;
jest.setTimeout(90_000);

let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  [muster, tools] = await Promise.all([Muster.start(), ToolServer.start()]);
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

/** What came of one step: its task's state or why it is parked, its operation, and what happened outside. */
interface Outcome {
  readonly task: string;
  readonly operation: string;
  readonly sendings: number;
  readonly effects: number;
}

const FAILED: Outcome = { task: 'failed', operation: 'failed', sendings: 1, effects: 0 };
const RESENT: Outcome = { task: 'completed', operation: 'succeeded', sendings: 2, effects: 1 };
const FOUND: Outcome = { task: 'completed', operation: 'succeeded', sendings: 1, effects: 1 };
const PARKED: Outcome = { task: 'parked: outcome_unknown', operation: 'unknown', sendings: 1, effects: 0 };

const READ_TWICE: Outcome = { ...RESENT, effects: 2 };
const PARKED_BEHIND_ITS_EFFECT: Outcome = { ...PARKED, effects: 1 };

/** Only the keyed tool remembers what it has done: of the others, a blind second sending would show as a second effect. */
const EXPECTED: Record<Exclude<EffectClass, 'transactional'>, Partial<Record<Behaviour, Outcome>>> = {
  none: {
    lostack: READ_TWICE,
    lost500: READ_TWICE,
    hangafter: READ_TWICE,
    lostbefore: RESENT,
    hang: RESENT,
    reject: FAILED,
    busy: RESENT,
  },
  keyed: {
    lostack: RESENT,
    lost500: RESENT,
    hangafter: RESENT,
    lostbefore: RESENT,
    hang: RESENT,
    reject: FAILED,
    busy: RESENT,
  },
  probed: {
    lostack: FOUND,
    lost500: FOUND,
    hangafter: FOUND,
    lostbefore: RESENT,
    hang: RESENT,
    reject: FAILED,
    busy: RESENT,
  },
  opaque: {
    lostack: PARKED_BEHIND_ITS_EFFECT,
    lost500: PARKED_BEHIND_ITS_EFFECT,
    hangafter: PARKED_BEHIND_ITS_EFFECT,
    lostbefore: PARKED,
    hang: PARKED,
    reject: FAILED,
    busy: RESENT,
  },
};

const CELLS = Object.entries(EXPECTED).flatMap(([effect, row]) =>
  Object.entries(row).map(([behaviour, outcome]) => [effect, behaviour, outcome] as [EffectClass, Behaviour, Outcome]),
);

async function anOutcome(name: string): Promise<Outcome> {
  const running = await muster.submit(aPlan(aStep(name, { input: { amount: 7 } })));
  const { state, conditions } = await running.rests();
  const operation = await running.operation();
  const parked = conditions.find(({ type, status }) => type === 'NeedsAttention' && status === true);
  return {
    task: parked ? `parked: ${parked.reason}` : state,
    operation: operation.state,
    sendings: operation.sendings,
    effects: tools.effectsOf(name).length,
  };
}

describe('a tool that does something else than answer', () => {
  it.each(CELLS)('%s, %s: is called and answered for as its class says', async (effect, behaviour, expected) => {
    const tool = aTool(
      `${effect}.${behaviour}`,
      effect,
      tools.url,
      behaviour.startsWith('hang') ? { timeoutMs: HANGS_MS } : {},
    );
    await muster.register(tool);
    if (effect !== 'keyed') tools.withoutMemory(tool.name);
    tools.next(tool.name, behaviour);

    const outcome = await anOutcome(tool.name);

    expect(outcome).toEqual(expected);
  });

  it('is sent the same bytes under the same key each time', async () => {
    const tool = aTool('keyed.thrice', 'keyed', tools.url);
    await muster.register(tool);
    tools.next(tool.name, 'lostack', 'lost500', 'busy');

    const outcome = await anOutcome(tool.name);

    const sent = tools.requestsTo(tool.name);
    expect(outcome).toEqual({ ...RESENT, sendings: 4 });
    expect(new Set(sent.map(({ operationId, body }) => `${operationId} ${body}`)).size).toBe(1);
    expect(sent.map(({ attempt }) => attempt)).toEqual(['1', '2', '3', '4']);
  });
});

describe('an answer that speaks of one sending only', () => {
  it('does not fail an operation whose first sending may have happened', async () => {
    const tool = aTool('keyed.doubted', 'keyed', tools.url);
    await muster.register(tool);
    tools.next(tool.name, 'lostack', 'reject');

    expect(await anOutcome(tool.name)).toEqual({ ...RESENT, sendings: 3 });
  });
});

describe('a tool that never does it', () => {
  it('fails the task once every attempt was turned away', async () => {
    const tool = aTool('keyed.closed', 'keyed', tools.url, { retry: { maxAttempts: 3 } });
    await muster.register(tool);
    tools.usually(tool.name, 'busy');

    expect(await anOutcome(tool.name)).toEqual({ ...FAILED, operation: 'absent', sendings: 3 });
  });

  it('waits for a person when a keyed call was never answered', async () => {
    const tool = aTool('keyed.mute', 'keyed', tools.url, { retry: { maxAttempts: 2 } });
    await muster.register(tool);
    tools.usually(tool.name, 'lostbefore');

    expect(await anOutcome(tool.name)).toEqual({ ...PARKED, task: 'parked: attempts_spent', sendings: 2 });
  });
});

describe('a keyed tool whose window for duplicates is too short', () => {
  it('is not sent to again: a person decides', async () => {
    const tool = aTool('keyed.forgetful', 'keyed', tools.url, { dedupeWindowMs: 1_000 });
    await muster.register(tool);
    tools.withoutMemory(tool.name).next(tool.name, 'lostack');

    expect(await anOutcome(tool.name)).toEqual({ ...PARKED_BEHIND_ITS_EFFECT, task: 'parked: window_over' });
  });
});

describe('a probed tool whose contract does not say when absent is final', () => {
  it('is not sent to again on an absent: a person decides', async () => {
    const { probe, ...tool } = aTool('probed.unbounded', 'probed', tools.url);
    const { absentAfterMs: _, ...unbounded } = probe ?? { method: 'GET', url: '', happened: '' };
    await muster.register({ ...tool, probe: unbounded });
    tools.next(tool.name, 'lostbefore');

    expect(await anOutcome(tool.name)).toEqual({ ...PARKED, task: 'parked: absent_unbounded' });
  });
});

describe('a transactional tool', () => {
  it('leaves exactly one artifact, from exactly one sending', async () => {
    await muster.register(reportWrite.contract);

    const running = await muster.submit(aPlan(aStep('report.write', { input: { name: 'a.md', content: 'Paid.' } })));

    await running.reaches('completed');
    expect(await running.operation()).toMatchObject({ state: 'succeeded', sendings: 1 });
    expect(await gather(muster.client.tasks.artifacts(running.id))).toHaveLength(1);
  });
});
