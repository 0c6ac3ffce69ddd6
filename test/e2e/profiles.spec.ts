import { aChain, aPlan, aStep, aTool } from '../support/builders';
import { Muster, type Queues } from '../support/muster';
import { type Behaviour, ToolServer } from '../support/tool-server';

const WIDE = 60;
const LONG = 10;
/** Half of the sendings go wrong in one way or another, and most of those after the effect. */
const WEATHER: readonly Behaviour[] = ['ok', 'ok', 'slow', 'lostack', 'lost500', 'busy'];
jest.setTimeout(90_000);

describe.each<Queues>(['redis', 'postgres'])('Muster with its queues on %s', (queues) => {
  let muster: Muster;
  let tools: ToolServer;
  beforeAll(async () => {
    [muster, tools] = await Promise.all([Muster.start({ queues }), ToolServer.start()]);
  });
  afterEach(() => muster.expectNoBreach());
  afterAll(async () => {
    await tools.stop();
    await muster.stop();
  });

  it('takes a plan from its submission to its verified end', async () => {
    await muster.register(aTool('find', 'none', tools.url), aTool('pay', 'keyed', tools.url));
    const plan = {
      ...aPlan(
        aStep('find'),
        aStep('pay', { input: { to: '${{ steps.find.output.id }}' }, check: 'output.status == "done"' }),
      ),
      completion: ['steps.pay.output.status == "done"'],
      output: '${{ steps.pay.output.id }}',
    };

    const running = await muster.submit(plan);

    const { output } = await running.reaches('completed');
    const [, payment] = await running.operations();
    expect(output).toBe(`r-${payment?.id.replace('op_', '')}`);
  });

  it('has every effect take place once, whatever becomes of the answers', async () => {
    const patient = { retry: { maxAttempts: 30 }, breaker: { resetTimeoutMs: 50 } };
    await muster.register(aTool('chain', 'keyed', tools.url, patient), aTool('wide', 'probed', tools.url, patient));
    tools.usually('chain', WEATHER, 7);
    tools.usually('wide', WEATHER, 11).withoutMemory('wide');
    const wide = aPlan(...Array.from({ length: WIDE }, (_, n) => aStep('wide', { id: `s${n}`, input: { n } })));

    const running = [await muster.submit(aChain('chain', LONG)), await muster.submit(wide)];

    for (const task of running) await task.reaches('completed', 45_000);
    expect(tools.effectsOf('chain')).toHaveLength(LONG);
    expect(tools.effectsOf('wide')).toHaveLength(WIDE);
    expect(tools.requests.length).toBeGreaterThan(LONG + WIDE);
  });
});
