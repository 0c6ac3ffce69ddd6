import { QUEUES } from '@muster/contracts';
import { parseId } from '@muster/domain';
import { Queue } from 'bullmq';
import { aPlan, aStep, aTool } from '../support/builders';
import { IntakeProducer } from '../support/intake-producer';
import { modelsAt } from '../support/model-minds';
import { ModelServer } from '../support/model-server';
import { Muster } from '../support/muster';
import type { RunningTask } from '../support/running-task';
import { REDIS_URL_VARIABLE } from '../support/start-services';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

jest.setTimeout(90_000);

/** Longer than a job needs to be taken and let go. */
const THINKS_MS = 1_500;

let muster: Muster;
let tools: ToolServer;
let models: ModelServer;
beforeAll(async () => {
  [tools, models] = await Promise.all([ToolServer.start(), ModelServer.start()]);
  muster = await Muster.start({ env: { MODELS: modelsAt(models) } });
  await muster.register(aTool('library.find', 'none', tools.url));
});
beforeEach(() => models.requests.splice(0));
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await Promise.all([tools.stop(), models.stop()]);
  await muster.stop();
});

async function aim(goal: string): Promise<RunningTask> {
  const { id } = await muster.client.tasks.submit({ goal, grants: ['library.find'] });
  return muster.task(id);
}

/** Rings for the first call of a plan, over and over, as a coordinator might that does not know that it did. */
async function ringAgain(running: RunningTask, times: number): Promise<void> {
  const producer = await IntakeProducer.of(muster.client.url, muster.key);
  const { prefix } = producer;
  await producer.close();
  const queue = new Queue(QUEUES.planner, { prefix, connection: { url: process.env[REDIS_URL_VARIABLE] } });
  const { id: shown } = (await running.steps())['plan/1']!;
  const step = { id: parseId('step', shown), epoch: 0 };
  for (let time = 0; time < times; time++) await queue.add('plan', { steps: [step] }, { removeOnComplete: true });
  await until(async () => (await queue.getJobCountByTypes('waiting', 'active')) <= 1, {
    what: 'the rings being heard',
  });
  await queue.close();
}

describe('a planner', () => {
  it('asks its model once, however often it is rung for', async () => {
    const turn = { kind: 'json', value: aPlan(aStep('library.find')) } as const;
    models.next({ kind: 'slow', afterMs: THINKS_MS, turn });
    const running = await aim('Find it.');
    await models.request();

    await ringAgain(running, 3);

    await running.reaches('completed');
    expect(models.requests).toHaveLength(1);
  });

  it('lets its model go when the task is cancelled', async () => {
    models.next({ kind: 'hang' });
    const running = await aim('Think for ever.');
    const asked = await models.request();

    await muster.client.tasks.cancel(running.id, { reason: 'No longer wanted.' });

    await running.reaches('cancelled');
    expect(asked.letGoAt).toBeDefined();
    expect(models.requests).toHaveLength(1);
  });
});
