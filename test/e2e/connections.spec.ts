import { aChain, aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { REDIS_URL_VARIABLE } from '../support/start-services';
import { holding, READY_FOR_QUERY, TcpProxy } from '../support/tcp-proxy';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const SERVICES = ['coordinator', 'executor', 'verifier', 'planner'];
const STEPS = 15;
/** Whatever a service needs to notice that nobody answers any more, and to go on with others. */
const HASTY_MS = 1_000;
const REST_MS_MAX = 60_000;
jest.setTimeout(150_000);

let muster: Muster;
let tools: ToolServer;
let postgres: TcpProxy;
let redis: TcpProxy;
let pids: number[];

const pidsOf = async () =>
  (await Promise.all(SERVICES.map((service) => muster.workers(service)))).flat().map(({ pid }) => pid);

beforeAll(async () => {
  redis = await TcpProxy.before(process.env[REDIS_URL_VARIABLE] ?? '');
  const through = async (url: string) => {
    postgres = await TcpProxy.before(url);
    return postgres.url;
  };
  [muster, tools] = await Promise.all([Muster.start({ redisUrl: redis.url, through }), ToolServer.start()]);
  pids = await pidsOf();
});
afterEach(async () => {
  postgres.delay(0);
  redis.delay(0);
  await muster.expectNoBreach();
  // Nothing of this is a reason to end. A process that was given up meanwhile is on its way back under a new id.
  const wanted = pids.toSorted().join();
  await until(async () => (await pidsOf()).toSorted().join() === wanted, { what: 'every process that there was' });
});
afterAll(async () => {
  await tools.stop();
  await muster.stop();
  await Promise.all([postgres.shut(), redis.shut()]);
});

/** Loses the answer of Postgres to the next run of a statement: it was committed, and nobody heard. */
const loseCommitOf = (statement: string) => postgres.loseAnswer(holding(statement), READY_FOR_QUERY);

describe('a commit whose reply is lost', () => {
  it.each([
    ['a submission', 'lifecycle.submit'],
    ['a claim', 'ledger.advance'],
    ["a coordinator's decision", 'lifecycle.commit'],
    ['a verdict', 'verifier.write-step-verdicts'],
  ])('of %s is repeated, and nothing is done twice', async (_, statement) => {
    const tool = `lost.${statement}`;
    await muster.register(aTool(tool, 'opaque', tools.url));
    tools.withoutMemory(tool);
    const lost = loseCommitOf(statement);

    const running = await muster.submit(aPlan(aStep(tool, { id: 'call', check: 'output.status == "done"' })));

    await running.reaches('completed', REST_MS_MAX);
    await lost;
    expect(tools.requestsTo(tool)).toHaveLength(1);
    expect(await running.operation()).toMatchObject({ state: 'succeeded', sendings: 1 });
  });

  it('of a settlement is repeated, and the call is not made again', async () => {
    await muster.register(aTool('lost.settlement', 'opaque', tools.url));
    tools.withoutMemory('lost.settlement').next('lost.settlement', 'slow');
    const running = await muster.submit(aPlan(aStep('lost.settlement', { id: 'call' })));
    await tools.request('lost.settlement');

    await loseCommitOf('ledger.advance');

    await running.reaches('completed', REST_MS_MAX);
    expect(tools.requestsTo('lost.settlement')).toHaveLength(1);
    expect(await running.operation()).toMatchObject({ state: 'succeeded', sendings: 1 });
  });
});

describe.each([
  ['Postgres', () => postgres],
  ['Redis', () => redis],
])('connections to %s', (name, proxyOf) => {
  it('may be cut again and again while plans run', async () => {
    const tool = `cut.${name.toLowerCase()}`;
    await muster.register(aTool(tool, 'keyed', tools.url));
    tools.usually(tool, ['ok', 'slow', 'lostack']);
    const running = await muster.submit(aChain(tool, STEPS));

    for (let nth = 1; nth <= STEPS; nth += 2) {
      await tools.request(tool, nth);
      if (nth % 4 === 1) proxyOf().cutAll();
      else proxyOf().cutOne();
    }

    await running.reaches('completed', REST_MS_MAX);
    expect(tools.effectsOf(tool)).toHaveLength(STEPS);
  });

  it('may be half open: what is under way and what comes is done over new ones', async () => {
    const tool = `half.${name.toLowerCase()}`;
    await muster.register(aTool(tool, 'keyed', tools.url));
    tools.usually(tool, 'slow');
    const before = await muster.submit(aChain(tool, STEPS));
    await tools.request(tool, 3);

    proxyOf().freeze();

    const after = await muster.submit(aPlan(aStep(tool)));
    await before.reaches('completed', REST_MS_MAX);
    await after.reaches('completed', REST_MS_MAX);
    expect(tools.effectsOf(tool)).toHaveLength(STEPS + 1);
  });

  it('may be slow', async () => {
    const tool = `late.${name.toLowerCase()}`;
    await muster.register(aTool(tool, 'keyed', tools.url));
    proxyOf().delay(40);

    const running = await muster.submit(aChain(tool, STEPS));

    await running.reaches('completed', REST_MS_MAX);
    expect(tools.effectsOf(tool)).toHaveLength(STEPS);
  });
});

describe('a connection to a tool', () => {
  let proxy: TcpProxy;
  beforeAll(async () => {
    proxy = await TcpProxy.before(tools.url);
  });
  afterEach(() => proxy.cutAfter());
  afterAll(() => proxy.shut());

  const url = () => proxy.url.replace(/\/$/, '');

  it('that is cut in the middle of the answer leaves an unknown outcome, answered for by its class', async () => {
    await muster.register(aTool('torn.keyed', 'keyed', url()), aTool('torn.opaque', 'opaque', url()));
    proxy.cutAfter(60);
    const keyed = await muster.submit(aPlan(aStep('torn.keyed')));
    const opaque = await muster.submit(aPlan(aStep('torn.opaque')));
    await tools.request('torn.keyed');
    expect(await opaque.isParked()).toBe('outcome_unknown');

    proxy.cutAfter();

    await keyed.reaches('completed', REST_MS_MAX);
    expect(tools.effectsOf('torn.keyed')).toHaveLength(1);
    expect(tools.requestsTo('torn.opaque')).toHaveLength(1);
  });

  it('that is half open runs into its deadline, and is answered for by its class', async () => {
    const hasty = { timeoutMs: HASTY_MS };
    await muster.register(aTool('mute.probed', 'probed', url(), hasty), aTool('mute.keyed', 'keyed', url(), hasty));
    tools.next('mute.probed', 'slow').next('mute.keyed', 'slow');
    const probed = await muster.submit(aPlan(aStep('mute.probed')));
    const keyed = await muster.submit(aPlan(aStep('mute.keyed')));
    await Promise.all([tools.request('mute.probed'), tools.request('mute.keyed')]);

    proxy.freeze();

    await Promise.all([probed, keyed].map((running) => running.reaches('completed', REST_MS_MAX)));
    const sendings = async (running: typeof probed) => (await running.operation()).sendings;
    expect([await sendings(probed), await sendings(keyed)]).toEqual([1, 2]);
    expect([tools.effectsOf('mute.probed'), tools.effectsOf('mute.keyed')].map(({ length }) => length)).toEqual([1, 1]);
  });

  it('that nobody takes is not a sending that may have happened', async () => {
    await muster.register(
      aTool('shut.opaque', 'opaque', url(), { retry: { maxAttempts: 20, backoffMs: 50, maxBackoffMs: 200 } }),
    );
    await proxy.shut();
    const running = await muster.submit(aPlan(aStep('shut.opaque')));
    await until(async () => (await running.operations())[0]?.sendings === 2, { what: 'a second try' });

    await proxy.open();

    await running.reaches('completed', REST_MS_MAX);
    expect(tools.requestsTo('shut.opaque')).toHaveLength(1);
  });
});
