import { gather, type Permit, type PermitState } from '@muster/client';
import { aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import type { RunningTask } from '../support/running-task';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

jest.setTimeout(90_000);

const YES = { reason: 'I have looked at it.' };
const NO = { reason: 'Not on a Friday.' };

let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  [muster, tools] = await Promise.all([Muster.start(), ToolServer.start()]);
  await muster.register(
    aTool('read', 'none', tools.url),
    aTool('pay', 'keyed', tools.url, { permit: true }),
    aTool('mail', 'opaque', tools.url),
  );
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

const permitsOf = ({ id: task }: RunningTask, state?: PermitState): Promise<Permit[]> =>
  gather(muster.client.permits.list({ task, state }));

/** The only question that the task asks, as soon as it asks one. */
async function asked(running: RunningTask): Promise<Permit> {
  expect(await running.isParked()).toBe('permit_required');
  const [permit, ...others] = await permitsOf(running, 'pending');
  expect(others).toEqual([]);
  return permit!;
}

const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    ({ status, problem }: { status: number; problem: { code: string } }) => `${status} ${problem.code}`,
  );

describe('a call that needs a permit', () => {
  it('is not sent before somebody else has looked at exactly what would be, and then once', async () => {
    const running = await muster.submit(
      aPlan(aStep('read'), aStep('pay', { input: { to: '${{ steps.read.output.id }}', amount: 7 } })),
    );
    const permit = await asked(running);
    expect(tools.requestsTo('pay')).toEqual([]);
    const to = (await running.steps()).read!.output as { id: string };
    expect(permit).toMatchObject({ stepKey: 'pay', tool: 'pay', request: { to: to.id, amount: 7 } });
    expect(await problemOf(muster.client.permits.grant(permit.id, YES))).toBe('403 own_request');

    await muster.approver.permits.grant(permit.id, YES);

    await running.reaches('completed');
    expect(tools.effectsOf('pay')).toHaveLength(1);
    const [, paid] = await running.operations();
    expect(paid).toMatchObject({ id: permit.operationId, requestHash: permit.requestHash });
    expect(await muster.client.permits.get(permit.id)).toMatchObject({ state: 'used', reason: YES.reason });
    expect((await muster.approver.permits.grant(permit.id, YES)).state).toBe('used');
    expect(await problemOf(muster.approver.permits.deny(permit.id, NO))).toBe('409 permit_not_open');
  });

  it('fails for good where somebody says no, and was never sent', async () => {
    const running = await muster.submit(aPlan(aStep('pay', { input: { amount: 'never' } })));
    const permit = await asked(running);

    await muster.client.permits.deny(permit.id, NO);

    const task = await running.reaches('failed');
    expect(task.failure).toMatchObject({ exitReason: 'permit_denied', message: expect.stringContaining(NO.reason) });
    expect(tools.requestsTo('pay').filter(({ body }) => body.includes('never'))).toEqual([]);
    expect(await muster.client.permits.get(permit.id)).toMatchObject({ state: 'denied' });
  });

  it('is asked about again where nothing was sent in the time that it was given', async () => {
    const running = await muster.submit(aPlan(aStep('pay', { input: { amount: 9 } })));
    const first = await asked(running);

    await muster.approver.permits.grant(first.id, { ...YES, expiresInMs: 1 });
    const second = await asked(running);

    expect(second).toMatchObject({ requestHash: first.requestHash, operationId: first.operationId });
    expect(await muster.client.permits.get(first.id)).toMatchObject({ state: 'expired' });
    expect(await problemOf(muster.approver.permits.grant(first.id, YES))).toBe('409 permit_not_open');
    await muster.approver.permits.grant(second.id, YES);
    await running.reaches('completed');
  });

  it('is sent again under the same permit', async () => {
    tools.next('pay', 'lostack');
    const running = await muster.submit(aPlan(aStep('pay', { input: { amount: 10 } })));
    const permit = await asked(running);

    await muster.approver.permits.grant(permit.id, YES);

    await running.reaches('completed');
    expect(await running.operation()).toMatchObject({ sendings: 2 });
    expect(await permitsOf(running)).toMatchObject([{ id: permit.id, state: 'used' }]);
  });

  it('is asked about nobody any more once its task was cancelled', async () => {
    const running = await muster.submit(aPlan(aStep('pay', { input: { amount: 11 } })));
    const permit = await asked(running);

    await muster.client.tasks.cancel(running.id, { reason: 'no longer wanted' });

    await until(async () => (await running.now()).state === 'cancelled', { what: 'the end of the task' });
    expect(await muster.client.permits.get(permit.id)).toMatchObject({ state: 'void' });
    expect(await problemOf(muster.approver.permits.grant(permit.id, YES))).toBe('409 permit_not_open');
  });

  it('has a permit of its own for each item of a list', async () => {
    const pay = aStep('mail', { permit: true, forEach: 'input.who', as: 'who', input: { to: '${{ who }}' } });
    const running = await muster.submit(aPlan(pay), { input: { who: ['Ada', 'Bob'] } });
    await running.isParked();

    for (;;) {
      const open = await permitsOf(running, 'pending');
      for (const permit of open) await muster.approver.permits.grant(permit.id, YES);
      const task = await running.rests();
      if (task.state === 'completed') break;
    }

    const released = await permitsOf(running, 'used');
    expect(released.map(({ request }) => request)).toEqual(expect.arrayContaining([{ to: 'Ada' }, { to: 'Bob' }]));
    expect(tools.effectsOf('mail')).toHaveLength(2);
  });
});

describe('an approval', () => {
  it('is a step that succeeds when somebody says yes, and what needs it goes on', async () => {
    const running = await muster.submit({
      ...aPlan(
        aStep('read'),
        {
          id: 'ok',
          approval: 'Shall ${{ steps.read.output.id }} be told?',
          input: { id: '${{ steps.read.output.id }}' },
        },
        aStep('mail', { needs: ['ok'] }),
      ),
      output: '${{ steps.ok.output.approved }}',
    });
    const permit = await asked(running);
    const { id } = (await running.steps()).read!.output as { id: string };
    expect(permit.request).toEqual({ ask: `Shall ${id} be told?`, about: { id } });

    await muster.approver.permits.grant(permit.id, YES);

    const task = await running.reaches('completed');
    expect(task).toMatchObject({ output: true });
    // A question is no call of a tool.
    expect(task.budget?.used).toMatchObject({ toolCalls: 2 });
  });

  it('that is denied lets the plan take another way', async () => {
    const running = await muster.submit(
      aPlan(
        { id: 'ok', approval: 'Shall we?', onFailure: { fallback: 'instead' } },
        aStep('read', { id: 'instead', input: { about: 'the other way' } }),
      ),
    );

    await muster.approver.permits.deny((await asked(running)).id, NO);

    await running.reaches('completed');
    expect(await running.steps()).toMatchObject({ ok: { state: 'failed' }, instead: { state: 'succeeded' } });
  });
});

describe('a supervised task', () => {
  const plan = aPlan(aStep('read'), aStep('mail', { needs: ['read'], input: { about: 'the plan' } }));

  it('runs nothing before somebody has approved of its plan', async () => {
    const running = await muster.submit(plan, { autonomy: 'supervised' });
    const permit = await asked(running);
    expect(permit).toMatchObject({ stepKey: 'approve-plan', request: { about: { plan: expect.any(String) } } });
    expect(await running.operations()).toEqual([]);

    await muster.approver.permits.grant(permit.id, YES);

    await running.reaches('completed');
    expect(Object.keys(await running.steps())).toEqual(['approve-plan', 'read', 'mail']);
  });

  it('runs nothing where somebody does not', async () => {
    const running = await muster.submit(plan, { autonomy: 'supervised' });

    await muster.approver.permits.deny((await asked(running)).id, NO);

    await running.reaches('failed');
    expect(await running.operations()).toEqual([]);
  });

  it('says beforehand what it will ask', async () => {
    const { permits } = await muster.client.plans.check({
      plan: aPlan(aStep('read', { permit: true }), aStep('pay', { needs: ['read'] })),
      autonomy: 'supervised',
    });

    expect(permits).toEqual([
      { step: 'approve-plan', tool: 'muster:approval', because: 'approval' },
      { step: 'read', tool: 'read', because: 'step' },
      { step: 'pay', tool: 'pay', because: 'contract' },
    ]);
  });
});
