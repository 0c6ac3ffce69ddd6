import { aChain, aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const PLACES = 4;
const OTHERS = 16;
const STEPS = 12;
/** Far longer than a test: nobody lets go of these calls but a cancel. */
const TIMEOUT_MS = 600_000;
jest.setTimeout(90_000);

let muster: Muster;
let tools: ToolServer;
beforeAll(async () => {
  [muster, tools] = await Promise.all([Muster.start(), ToolServer.start()]);
  await muster.register(
    aTool('hung', 'keyed', tools.url, { maxConcurrency: PLACES, timeoutMs: TIMEOUT_MS }),
    aTool('well', 'keyed', tools.url, { maxConcurrency: OTHERS, timeoutMs: TIMEOUT_MS }),
  );
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await tools.stop();
  await muster.stop();
});

const wide = (tool: string, count: number) =>
  aPlan(...Array.from({ length: count }, (_, n) => aStep(tool, { id: `s${n}` })));

describe('a tool that hangs, with many more calls waiting for it', () => {
  it('holds its own places and nobody else’s', async () => {
    tools.usually('hung', 'hang').next('well', ...Array(OTHERS).fill('hangafter'));
    const held = [await muster.submit(wide('hung', 10 * PLACES))];
    for (let task = 0; task < 10 * PLACES; task++) held.push(await muster.submit(aPlan(aStep('hung'))));
    await tools.request('hung', PLACES);

    const others = await muster.submit(wide('well', OTHERS));
    await tools.request('well', OTHERS);
    const chain = await muster.submit(aChain('well', STEPS));
    expect(tools.peakOf('well')).toBe(OTHERS);
    tools.answerWith('well', {});

    await others.reaches('completed');
    await chain.reaches('completed');
    expect(tools.effectsOf('well')).toHaveLength(OTHERS + STEPS);
    expect(tools.requestsTo('hung')).toHaveLength(PLACES);
    for (const { id } of held) await muster.client.tasks.cancel(id, { reason: 'Enough seen.' });
    for (const task of held) await task.reaches('cancelled');
    await until(() => tools.requestsTo('hung').every(({ letGoAt }) => letGoAt), { what: 'its calls being let go' });
  });
});
