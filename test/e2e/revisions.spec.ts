import { gather, type PlanDiff } from '@muster/client';
import type { StepDocument } from '@muster/domain';
import { aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import type { RunningTask } from '../support/running-task';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

jest.setTimeout(90_000);

let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  [muster, tools] = await Promise.all([Muster.start(), ToolServer.start()]);
  await muster.register(
    aTool('pay', 'keyed', tools.url),
    aTool('mail', 'keyed', tools.url),
    aTool('vault', 'keyed', tools.url),
  );
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

/** Holds a task until somebody says yes. */
const HOLD: StepDocument = { id: 'hold', approval: 'Shall it go on?', needs: ['pay'] };
const PAY = aStep('pay');
const MAIL = aStep('mail', { needs: ['hold'] });
const LETTER = aStep('mail', { id: 'letter', needs: ['hold'], input: { about: '${{ steps.pay.output.id }}' } });

/** A task that has paid, and waits for a person before it mails. */
async function aHeldTask(...more: StepDocument[]): Promise<RunningTask> {
  const running = await muster.submit(aPlan(PAY, HOLD, MAIL, ...more));
  expect(await running.isParked()).toBe('permit_required');
  return running;
}

async function goOn({ id: task }: RunningTask): Promise<void> {
  for (const { id } of await gather(muster.client.permits.list({ task, state: 'pending' }))) {
    await muster.approver.permits.grant(id, { reason: 'Go on.' });
  }
}

const revise = ({ id }: RunningTask, steps: StepDocument[], given: object = {}): Promise<PlanDiff> =>
  muster.client.tasks.revise(id, { plan: aPlan(...steps), replaces: 1, ...given });

const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    ({ status, problem }: { status: number; problem: { code: string; detail: string; errors?: { code: string }[] } }) =>
      [status, problem.code, ...(problem.errors ?? []).map(({ code }) => code)].join(' '),
  );

describe('a plan in the place of the one that a task goes by', () => {
  it('keeps what is sent or done, drops what has not begun, and goes on with what is new', async () => {
    const running = await aHeldTask();
    const before = await running.steps();

    const diff = await revise(running, [PAY, HOLD, LETTER]);
    await goOn(running);

    await running.reaches('completed');
    expect(diff).toEqual({ from: 1, to: 2, kept: ['pay', 'hold'], added: ['letter'], dropped: ['mail'] });
    const after = await running.steps();
    expect(after).toMatchObject({ mail: { state: 'skipped' }, letter: { state: 'succeeded' } });
    expect(after.pay).toEqual(before.pay);
    expect((await running.operations()).map(({ stepKey, sendings }) => `${stepKey} ${sendings}`)).toEqual([
      'pay 1',
      'hold 1',
      'letter 1',
    ]);
    expect(await muster.client.tasks.planDiff(running.id, 1, 2)).toEqual(diff);
    expect(await muster.client.tasks.plan(running.id)).toMatchObject({ revision: 2, retired: ['mail'] });
    expect(await muster.client.tasks.plan(running.id, { revision: 1 })).toMatchObject({ revision: 1 });
  });

  it('is one of two: the other one is refused with the reason, and nothing of it is done', async () => {
    const running = await aHeldTask();

    const answers = await Promise.all([
      problemOf(revise(running, [LETTER])),
      problemOf(revise(running, [aStep('mail', { id: 'card', needs: ['hold'] })])),
    ]);
    await goOn(running);

    expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
    expect(answers).toContain('409 stale_plan');
    await running.reaches('completed');
    const { letter, card } = await running.steps();
    expect([letter, card].filter(Boolean)).toHaveLength(1);
  });

  it('is answered like the first time when the answer was lost, also when the task has ended by it', async () => {
    const running = await aHeldTask();
    const first = await revise(running, [PAY, HOLD, LETTER], { cites: { pay: 'succeeded' } });

    const again = await revise(running, [PAY, HOLD, LETTER], { cites: { pay: 'succeeded' } });
    const other = await problemOf(revise(running, [PAY, HOLD, { ...LETTER, priority: 1 }]));
    await goOn(running);
    await running.reaches('completed');
    const late = await revise(running, [PAY, HOLD, LETTER]);

    expect([again, late]).toEqual([first, first]);
    expect(other).toBe('409 stale_plan');
    expect((await running.now()).planRevision).toBe(2);
  });

  it('is refused where a step that it rests on has moved', async () => {
    const running = await aHeldTask();

    const answer = await problemOf(revise(running, [LETTER], { cites: { pay: 'executing' } }));

    expect(answer).toBe('409 stale_plan');
    expect(await problemOf(revise(running, [LETTER], { cites: { pay: 'succeeded' } }))).toBeUndefined();
  });

  it.each<[string, StepDocument[], string]>([
    ['changes what has been sent', [aStep('pay', { input: { twice: true } }), HOLD, LETTER], 'already_begun'],
    ['takes the name of another step', [aStep('mail', { needs: ['hold'], input: { other: 1 } })], 'id_taken'],
    ['calls what the task was not granted', [aStep('vault')], 'not_granted'],
    [
      'has steps wait for each other',
      [{ ...LETTER, needs: ['x'] }, aStep('mail', { id: 'x', needs: ['letter'] })],
      'cycle',
    ],
  ])('is refused where it %s, and the task goes on as it did', async (_what, steps, code) => {
    const running = await aHeldTask();

    const answer = await problemOf(revise(running, steps));
    await goOn(running);

    expect(answer).toMatch(new RegExp(`^422 .*\\b${code}$`));
    expect(await running.reaches('completed')).toMatchObject({ planRevision: 1 });
  });

  it('takes the place of one that has failed, while something of it still runs', async () => {
    tools.next('vault', 'reject');
    const running = await muster.submit(
      aPlan(PAY, HOLD, aStep('vault', { id: 'risky' }), { ...MAIL, needs: ['risky'] }),
    );
    const stateOf = async (key: string) => (await running.steps())[key]?.state;
    await until(async () => (await stateOf('mail')) === 'skipped', { what: 'the end of what cannot go on' });
    await until(async () => (await stateOf('hold')) === 'parked', { what: 'the question' });

    await revise(running, [PAY, HOLD, aStep('vault', { id: 'again' }), { ...LETTER, needs: ['hold', 'again'] }]);
    await goOn(running);

    await running.reaches('completed');
    expect(await running.steps()).toMatchObject({ again: { state: 'succeeded' }, letter: { state: 'succeeded' } });
  });

  it('is too late for a task that has ended', async () => {
    const running = await muster.submit(aPlan(PAY));
    await running.reaches('completed');

    expect(await problemOf(revise(running, [PAY, aStep('mail')]))).toBe('409 stale_plan');
  });

  it('is approved of for itself where the task is supervised', async () => {
    const running = await muster.submit(aPlan(PAY, MAIL_AFTER_PAY), { autonomy: 'supervised' });
    await running.isParked();

    const diff = await revise(running, [aStep('mail', { id: 'letter' })]);

    expect(diff).toMatchObject({ added: ['approve-plan-2', 'letter'], dropped: ['pay', 'mail'] });
    for (let open = true; open; ) {
      await goOn(running);
      open = (await running.rests()).state === 'running';
    }
    await running.reaches('completed');
    expect((await running.operations()).map(({ stepKey }) => stepKey).sort()).toEqual([
      'approve-plan',
      'approve-plan-2',
      'letter',
    ]);
  });
});

const MAIL_AFTER_PAY = aStep('mail', { needs: ['pay'] });
