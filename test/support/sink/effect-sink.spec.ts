import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectSink, type SinkBehaviour, type SinkEffect } from './effect-sink';

const HUGE_BYTES = 10_000_000;

let folder: string;
let sink: EffectSink;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-sink-'));
  sink = await EffectSink.start({ folder, slowMs: 20, lateMs: 20 });
});
afterEach(async () => {
  await sink.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Call {
  readonly tool?: string;
  readonly effect?: SinkEffect;
  readonly operation?: string;
  readonly body?: object;
  readonly waitMs?: number;
}

/** What a caller gets to see: a status and a body, or that the answer never came. */
async function call({ tool = 'pay', effect = 'opaque', operation = 'op_1', body = {}, waitMs = 5_000 }: Call = {}) {
  try {
    const response = await fetch(`${sink.url}/tools/${effect}/${tool}`, {
      method: 'POST',
      headers: { 'idempotency-key': operation, 'muster-attempt': '1' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(waitMs),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    return { status: (error as Error).name === 'TimeoutError' ? 'silent' : 'lost', text: '' };
  }
}

const effects = async (tool = 'pay') => (await sink.effectsOf(tool)).length;

describe('a tool of the sink', () => {
  it.each<[SinkBehaviour, number | string, number]>([
    ['ok', 200, 1],
    ['slow', 200, 1],
    ['hang-before', 'silent', 0],
    ['hang-after', 'silent', 1],
    ['reset-before', 'lost', 0],
    ['reset-after', 'lost', 1],
    ['error-after', 500, 1],
    ['phantom', 200, 0],
    ['twice', 200, 2],
    ['wrong-echo', 200, 1],
    ['truncated', 'lost', 1],
    ['huge', 200, 1],
    ['too-many', 429, 0],
    ['unavailable', 503, 0],
    ['reject', 422, 0],
  ])('that is told %s answers %s and does it %i times, as its log says', async (behaviour, status, times) => {
    await sink.behave('pay', [behaviour]);

    const answer = await call({ waitMs: behaviour.startsWith('hang') ? 200 : 5_000 });

    expect(answer.status).toBe(status);
    expect(await effects()).toBe(times);
    expect(await sink.requestsTo('pay')).toEqual([expect.objectContaining({ behaviour, operation: '1', attempt: 1 })]);
  });

  it('has its late effect when nobody listens any more', async () => {
    await sink.behave('pay', ['late-effect']);

    expect((await call()).status).toBe('lost');
    const [effect] = await waitForEffects();
    const [request] = await sink.requestsTo('pay');

    expect(effect!.at).toBeGreaterThanOrEqual(request!.at + 15);
  });

  it('says when to come again, answers for others, and at length', async () => {
    await sink.behave('pay', ['too-many', 'wrong-echo', 'huge']);

    expect((await call()).headers?.get('retry-after')).toBe('1');
    expect(JSON.parse((await call({ body: { echo: 'mine' } })).text).echo).not.toBe('mine');
    expect((await call()).text.length).toBeGreaterThan(HUGE_BYTES);
  });

  it('marks what it did twice at one request as its own fault', async () => {
    await sink.behave('pay', ['twice']);

    await call();

    expect((await sink.effectsOf('pay')).map(({ isOwnFault = false }) => isOwnFault)).toEqual([false, true]);
  });

  it('refuses to be told what it does not know', async () => {
    await expect(sink.behave('pay', ['okay' as SinkBehaviour])).rejects.toThrow(/okay/);
  });
});

const waitForEffects = async () => {
  for (;;) {
    const found = await sink.effectsOf('pay');
    if (found.length > 0) return found;
  }
};

describe('a class of tools', () => {
  it.each<[SinkEffect, number]>([
    ['keyed', 1],
    ['probed', 2],
    ['opaque', 2],
    ['none', 2],
  ])('%s does %i times what it is asked twice under one key', async (effect, times) => {
    await call({ effect });
    const second = await call({ effect });

    expect(second.status).toBe(200);
    expect(await effects()).toBe(times);
  });

  it('keyed refuses the same key while the first request is at work', async () => {
    await sink.behave('pay', ['hang-after']);
    const first = call({ effect: 'keyed' });
    await sink.request('pay');

    expect((await call({ effect: 'keyed' })).status).toBe(409);
    await sink.release();
    expect((await first).status).toBe(200);
    expect(await effects()).toBe(1);
  });

  it('probed can be asked whether it happened, and writes down what it said', async () => {
    const ask = async () => (await fetch(`${sink.url}/ops/op_1`)).json();

    expect(await ask()).toEqual({ applied: false });
    await call({ effect: 'probed' });

    expect(await ask()).toMatchObject({ applied: true, times: 1 });
    expect((await sink.log()).filter(({ kind }) => kind === 'probe')).toEqual([
      expect.objectContaining({ operation: '1', times: 0 }),
      expect.objectContaining({ operation: '1', times: 1 }),
    ]);
  });
});

describe('a tool with weights', () => {
  const weights = { ok: 1, 'reset-before': 1, 'error-after': 1, unavailable: 1 } as const;
  const behavioursOf = async (operation: string) =>
    (await sink.requestsTo('pay')).filter((line) => line.operation === operation).map(({ behaviour }) => behaviour);

  it('is drawn by what it is asked, not by whoever asks or when', async () => {
    await sink.behave('pay', weights);

    for (let n = 0; n < 8; n++) for (const name of ['a', 'b']) await call({ operation: name, body: { n: 1 } });
    const [first, second] = [await behavioursOf('a'), await behavioursOf('b')];

    expect(first).toEqual(second);
    expect(first.slice(3)).toEqual(Array(5).fill('ok'));
  });

  it('does not do the same to everybody', async () => {
    await sink.behave('pay', weights);

    for (let n = 0; n < 40; n++) await call({ operation: `n${n}`, body: { n } });

    expect(new Set((await sink.requestsTo('pay')).map(({ behaviour }) => behaviour)).size).toBe(4);
  });
});

describe('a sink that was killed', () => {
  it('comes back at its place with its memory, its turns and its script', async () => {
    await sink.behave('pay', ['reset-after', 'unavailable']);
    await call({ effect: 'keyed' });

    await sink.kill();
    await appendFile(join(folder, 'sink.log'), '{"kind":"effect","torn');
    await sink.restart();

    expect((await call({ effect: 'keyed' })).status).toBe(503);
    expect((await call({ effect: 'keyed' })).status).toBe(200);
    expect(await effects()).toBe(1);
    expect((await sink.log()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });
});
