import type { Resolution } from '@muster/client';
import { aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { ToolServer } from '../support/tool-server';

jest.setTimeout(90_000);

const HAPPENED: Resolution = {
  outcome: 'happened',
  output: { id: 'r-7' },
  evidence: { statement: 'line 7' },
  reason: 'It is on the statement.',
};
const ABSENT: Resolution = { outcome: 'absent', evidence: { statement: 'no line' }, reason: 'It is not there.' };

let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  [muster, tools] = await Promise.all([Muster.start(), ToolServer.start()]);
  await muster.register(aTool('echo', 'none', tools.url));
  tools.usually('echo', 'echo');
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

/** An opaque call that nobody knows the fate of, and a step behind it that reads its output. */
async function aParkedCall(tool: string) {
  await muster.register(aTool(tool, 'opaque', tools.url));
  tools.withoutMemory(tool).next(tool, 'lostbefore');
  const behind = aStep('echo', { id: 'behind', input: { seen: '${{ steps.call.output.id }}' } });
  const running = await muster.submit(aPlan(aStep(tool, { id: 'call' }), behind));
  expect(await running.isParked()).toBe('outcome_unknown');
  const [operation] = await running.operations();
  return { running, operationId: operation?.id ?? '' };
}

const resolve = (operationId: string, word: Resolution) => muster.client.operations.resolve(operationId, word);

describe('a call that waits for a person', () => {
  it('is taken as done when they say so, with their output, and is not sent again', async () => {
    const { running, operationId } = await aParkedCall('found');

    const operation = await resolve(operationId, HAPPENED);

    await running.reaches('completed');
    expect(operation.state).toBe('succeeded');
    expect((await running.steps()).behind?.output).toEqual({ seen: 'r-7' });
    expect(tools.requestsTo('found')).toHaveLength(1);
  });

  it('is sent exactly once more when they say that it did not happen', async () => {
    const { running, operationId } = await aParkedCall('missing');

    await resolve(operationId, ABSENT);

    await running.reaches('completed');
    expect(tools.effectsOf('missing')).toHaveLength(1);
    expect(tools.requestsTo('missing').map(({ attempt }) => attempt)).toEqual(['1', '2']);
  });

  it('waits again when that one is lost as well: one sending for each decision', async () => {
    const { running, operationId } = await aParkedCall('lost.twice');
    tools.next('lost.twice', 'lostack');

    await resolve(operationId, ABSENT);
    await tools.request('lost.twice', 2);

    expect(await running.isParked()).toBe('outcome_unknown');
    await resolve(operationId, HAPPENED);
    await running.reaches('completed');
    expect(tools.requestsTo('lost.twice')).toHaveLength(2);
  });

  it('keeps what they said as evidence', async () => {
    const { running, operationId } = await aParkedCall('told');

    await resolve(operationId, HAPPENED);

    await running.reaches('completed');
    const [operation] = await running.operations();
    const word = operation?.evidence.find(({ kind }) => kind === 'resolution');
    expect(JSON.stringify(word)).toContain('It is on the statement.');
    expect(JSON.stringify(word)).toContain('line 7');
  });
});

describe('a second word on the same call', () => {
  it('is refused, also when many speak at once', async () => {
    const { running, operationId } = await aParkedCall('spoken');

    const words = Array.from({ length: 8 }, (_, index) => resolve(operationId, index % 2 ? HAPPENED : ABSENT));
    const answers = await Promise.allSettled(words);

    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await running.reaches('completed');
    await expect(resolve(operationId, HAPPENED)).rejects.toMatchObject({ status: 409 });
  });
});

describe('a word on a call that does not wait for one', () => {
  it('is refused', async () => {
    await muster.register(aTool('clear', 'opaque', tools.url));
    const running = await muster.submit(aPlan(aStep('clear')));
    await running.reaches('completed');
    const { id } = await running.operation();

    await expect(resolve(id, ABSENT)).rejects.toMatchObject({ status: 409 });
    expect(tools.requestsTo('clear')).toHaveLength(1);
  });
});
