import { aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { ToolServer } from '../support/tool-server';

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

describe('a tool whose breaker has opened', () => {
  it('is called again when it may be well, and the wait spends no attempt', async () => {
    const breaker = { volumeThreshold: 2, resetTimeoutMs: 3_000 };
    const retry = { maxAttempts: 3, backoffMs: 20, maxBackoffMs: 20 };
    await muster.register(aTool('sick', 'keyed', tools.url, { breaker, retry }));
    tools.next('sick', 'lost500', 'lost500');

    const task = await muster.submit(aPlan(aStep('sick')));

    await task.reaches('completed');
    expect(await muster.rows("select from event where type = 'step.deferred'")).not.toEqual([]);
    expect(tools.requestsTo('sick')).toHaveLength(3);
    expect(tools.effectsOf('sick')).toHaveLength(1);
  });
});
