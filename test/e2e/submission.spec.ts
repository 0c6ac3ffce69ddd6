import type { TaskRequest } from '@muster/client';
import { aPlan, aStep, aTask, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { ToolServer } from '../support/tool-server';

const AT_ONCE = 20;
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

async function aPayment(tool: string, amount: number): Promise<TaskRequest> {
  await muster.register(aTool(tool, 'keyed', tools.url));
  return aTask(aPlan(aStep(tool, { input: { amount, to: 'Ada' } })));
}

const submit = (request: TaskRequest, idempotencyKey: string) =>
  muster.client.tasks.submit(request, { idempotencyKey });

describe('a request that is sent again under its Idempotency-Key', () => {
  it('is one task with one effect, however many come at once', async () => {
    const request = await aPayment('twenty', 7);

    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => submit(request, 'twenty-times')));

    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    await muster.task(answers[0]?.id ?? '').reaches('completed');
    expect(tools.requestsTo('twenty')).toHaveLength(1);
  });

  it('answers the same task when that has long ended, and when only the order of its members differs', async () => {
    const request = await aPayment('later', 7);
    const first = await submit(request, 'later');
    await muster.task(first.id).reaches('completed');

    const again = await submit(aTask(aPlan(aStep('later', { input: { to: 'Ada', amount: 7 } }))), 'later');

    expect(again).toMatchObject({ id: first.id, state: 'completed' });
    expect(tools.requestsTo('later')).toHaveLength(1);
  });

  it('is refused when its body is another one, and nothing is done', async () => {
    const first = await submit(await aPayment('reused', 7), 'reused');
    await muster.task(first.id).reaches('completed');

    const refusal = submit(await aPayment('reused', 8), 'reused');

    await expect(refusal).rejects.toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    expect(tools.requestsTo('reused')).toHaveLength(1);
  });
});

describe('a batch', () => {
  it('takes each task on its own, and answers in their order', async () => {
    const good = await aPayment('batched', 7);
    const bad = aTask(aPlan(aStep('no.such.tool')));

    const answers = await muster.client.tasks.batch([good, bad, good]);

    expect(answers.map(({ status }) => status)).toEqual([202, 422, 202]);
    expect(answers[1]).toMatchObject({ problem: { errors: [{ pointer: '/plan/steps/0/tool' }] } });
    const ids = answers.flatMap((answer) => ('task' in answer && answer.task ? [answer.task.id] : []));
    for (const id of ids) await muster.task(id).reaches('completed');
    expect(tools.effectsOf('batched')).toHaveLength(2);
  });
});

describe('a task whose deadline passes', () => {
  it('fails, lets go of its call, and sends nothing more', async () => {
    await muster.register(aTool('overdue', 'keyed', tools.url, { timeoutMs: 10_000 }));
    tools.usually('overdue', 'hangafter');
    const plan = aPlan(aStep('overdue', { id: 'first' }), aStep('overdue', { id: 'second', needs: ['first'] }));

    const running = await muster.submit(plan, { deadlineAt: new Date(Date.now() + 1_000).toISOString() });
    const task = await running.reaches('failed');

    const [only, ...others] = tools.requestsTo('overdue');
    expect(task.failure).toMatchObject({ exitReason: 'deadline' });
    expect(task.standingEffects).toMatchObject([{ tool: 'overdue', state: 'unknown' }]);
    expect(only?.letGoAt).toBeDefined();
    expect(others).toHaveLength(0);
  });
});
