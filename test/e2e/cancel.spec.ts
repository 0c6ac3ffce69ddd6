import { gather } from '@muster/client';
import { aChain, aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const LET_GO_MS_MAX = 1_000;
const WIDE = 40;
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

const cancel = (id: string, revision?: number) => muster.client.tasks.cancel(id, { reason: 'Enough.', revision });

/** A task with one paid step and one that hangs after its effect. */
async function aHangingTask(tool: string) {
  await muster.register(aTool(tool, 'keyed', tools.url, { timeoutMs: 20_000 }));
  tools.next(tool, 'ok', 'hangafter');
  const running = await muster.submit(aChain(tool, 3));
  const call = await tools.request(tool, 2);
  await until(async () => (await running.steps()).s0?.state === 'succeeded', { what: 'the first step being told' });
  return { running, call };
}

describe('a task that is cancelled while a call of it is in flight', () => {
  it('lets go of the call within a second of the answer', async () => {
    const { running, call } = await aHangingTask('let.go');

    await cancel(running.id);

    const answeredAt = performance.now();
    await until(() => call.letGoAt !== undefined, { what: 'the call being let go' });
    expect((call.letGoAt ?? 0) - answeredAt).toBeLessThan(LET_GO_MS_MAX);
    await running.reaches('cancelled');
  });

  it('sends nothing more, and lists what it leaves behind', async () => {
    const { running } = await aHangingTask('left');

    await cancel(running.id);

    const task = await running.reaches('cancelled');
    const states = Object.values(await running.steps()).map(({ state }) => state);
    expect(states).toEqual(['succeeded', 'cancelled', 'cancelled']);
    expect(task.standingEffects?.map(({ state }) => state)).toEqual(['succeeded', 'unknown']);
    expect(tools.requestsTo('left')).toHaveLength(2);
  });

  it('claims nothing past the fence, however much is under way', async () => {
    await muster.register(aTool('wide', 'keyed', tools.url, { maxConcurrency: 4 }));
    tools.usually('wide', 'slow');
    const running = await muster.submit(
      aPlan(...Array.from({ length: WIDE }, (_, n) => aStep('wide', { id: `s${n}` }))),
    );
    await tools.request('wide', 5);

    await cancel(running.id);

    await running.reaches('cancelled');
    const sent = tools.requestsTo('wide').length;
    expect(sent).toBeLessThan(WIDE);
    // Another task on the same tool has run to its end: had anything been left to come, it would have come.
    await (await muster.submit(aPlan(aStep('wide')))).reaches('completed');
    expect(tools.requestsTo('wide')).toHaveLength(sent + 1);
    expect(
      await muster.rows(
        'select from operation o join task t on t.id = o.task_id where o.fence >= t.fence and t.fence > 0',
      ),
    ).toEqual([]);
  });
});

describe('a task that is cancelled more than once', () => {
  it('ends once, whoever asks at the same time', async () => {
    const { running } = await aHangingTask('many');

    const answers = await Promise.all(Array.from({ length: 8 }, () => cancel(running.id).catch(() => undefined)));

    await running.reaches('cancelled');
    const history = await gather(muster.client.tasks.history(running.id));
    expect(answers.some((task) => task?.id === running.id)).toBe(true);
    expect(history.filter(({ type }) => type === 'task.cancel_requested')).toHaveLength(1);
    expect(history.filter(({ type }) => type === 'task.cancelled')).toHaveLength(1);
  });
});

describe('a cancel that comes too late or from a stale view', () => {
  it('is refused when the task has completed', async () => {
    await muster.register(aTool('done', 'keyed', tools.url));
    const running = await muster.submit(aPlan(aStep('done')));
    await running.reaches('completed');

    await expect(cancel(running.id)).rejects.toMatchObject({ status: 409 });
  });

  it('is refused when the task has moved since', async () => {
    const { running } = await aHangingTask('moved');
    const { revision } = await running.now();

    await expect(cancel(running.id, revision - 1)).rejects.toMatchObject({ status: 412 });

    await cancel(running.id, (await running.now()).revision);
    await running.reaches('cancelled');
  });
});
