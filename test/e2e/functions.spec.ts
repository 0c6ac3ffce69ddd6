import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EffectClass, ToolContract } from '@muster/domain';
import { aChain, aPlan, aStep, aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { until } from '../support/until';

jest.setTimeout(120_000);

/** Every function notes its calls in a file; `wait` goes on, whatever its signal says, until there is a file `go`. */
const MODULE = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const folder = process.env.FUNCTIONS_FOLDER;
const note = (word, { idempotencyKey, attempt }) =>
  appendFileSync(folder + '/calls', JSON.stringify({ word, key: idempotencyKey, attempt, pid: process.pid }) + '\\n');
const fail = (muster) => { throw Object.assign(new Error('As asked.'), { muster, retryAfterMs: 10 }); };

async function act(input, call) {
  note('act', call);
  if (input.do === 'reject') fail('rejected');
  if (input.do === 'throw') fail();
  if (input.do === 'throw once' && call.attempt === 1) fail();
  if (input.do === 'busy once' && call.attempt === 1) fail('notDone');
  return { title: input.title, key: call.idempotencyKey };
}

async function wait(_input, call) {
  note('begin', call);
  while (!existsSync(folder + '/go')) await pause(10);
  note('end', call);
  return {};
}

export const functions = { act, wait };
`;

interface Noted {
  readonly word: string;
  readonly key: string;
  readonly attempt: number;
  readonly pid: number;
}

let folder: string;
let muster: Muster;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'functions-'));
  writeFileSync(join(folder, 'tools.mjs'), MODULE);
  muster = await Muster.start({
    env: { EXECUTOR_FUNCTIONS: join(folder, 'tools.mjs'), FUNCTIONS_FOLDER: folder },
  });
  await register('open', 'keyed', 'act');
});
afterEach(() => muster.expectNoBreach());
afterAll(async () => {
  await muster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A tool of this name over one of the functions. */
const register = (name: string, effect: EffectClass, over: 'act' | 'wait', given: Partial<ToolContract> = {}) =>
  muster.register(aTool(name, effect, '', { transport: { type: 'function', name: over }, ...given }));

const callsOf = (key: string): Noted[] => calls().filter((call) => call.key === key);

function calls(): Noted[] {
  const file = join(folder, 'calls');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Noted);
}

describe('a function as a tool', () => {
  it('is called in the executor’s process, and its output is read by the next step', async () => {
    const open = aStep('open', { id: 'one', input: { title: 'Ada' } });
    const next = aStep('open', { id: 'two', input: { title: '${{ steps.one.output.key }}' } });

    const running = await muster.submit(aPlan(open, next));

    await running.reaches('completed');
    const [operation] = await running.operations();
    expect((await running.steps()).two?.output).toMatchObject({ title: operation?.id });
    const executors = (await muster.workers('executor')).map(({ pid }) => pid);
    expect(executors).toContain(callsOf(operation?.id ?? '')[0]?.pid);
  });

  it.each<[string, EffectClass, string]>([
    ['has thrown an error', 'keyed', 'throw once'],
    ['has thrown an error and changes nothing', 'none', 'throw once'],
    ['says that nothing was done this time', 'opaque', 'busy once'],
  ])('is called again under the same key when it %s', async (why, effect, input) => {
    const tool = why.replaceAll(' ', '-');
    await register(tool, effect, 'act');

    const running = await muster.submit(aPlan(aStep(tool, { input: { do: input } })));

    await running.reaches('completed');
    const { id } = await running.operation();
    expect(callsOf(id).map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('waits for a person when it has thrown an error and nobody can say what it did', async () => {
    await register('pay', 'opaque', 'act');

    const running = await muster.submit(aPlan(aStep('pay', { input: { do: 'throw' } })));

    expect(await running.isParked()).toBe('outcome_unknown');
    const { id } = await running.operation();
    expect(callsOf(id)).toHaveLength(1);
    const resolution = { outcome: 'absent', evidence: { calls: 'none' }, reason: 'It was a test.' } as const;
    await muster.client.operations.resolve(id, resolution);
  });

  it('fails for good, in its own words, when it says that it never will', async () => {
    await register('refuse', 'opaque', 'act');

    const running = await muster.submit(aPlan(aStep('refuse', { input: { do: 'reject' } })));

    const { failure } = await running.reaches('failed');
    expect(failure).toMatchObject({ exitReason: 'function_rejected', message: expect.stringContaining('As asked.') });
  });

  it('that no executor has is asked for again, and then given up: nothing was done', async () => {
    await register('nowhere', 'opaque', 'act', {
      transport: { type: 'function' },
      retry: { maxAttempts: 2, backoffMs: 1 },
    });

    const running = await muster.submit(aPlan(aStep('nowhere')));

    expect((await running.reaches('failed')).failure).toMatchObject({ exitReason: 'function_unknown' });
    expect(await running.operation()).toMatchObject({ state: 'absent', sendings: 2 });
  });

  it('is refused as probed, since nobody sees its end', async () => {
    const refused = register('ask', 'probed', 'act', {
      probe: { method: 'GET', url: 'http://127.0.0.1:1/{operationId}', happened: 'true' },
    });

    await expect(refused).rejects.toMatchObject({ status: 422, errors: [{ pointer: '/effect', code: 'no_end' }] });
  });
});

describe('a function whose time is up', () => {
  it('is answered for, and keeps its place until it has ended', async () => {
    await register('linger', 'opaque', 'wait', { timeoutMs: 200, maxConcurrency: 1 });
    const first = await muster.submit(aPlan(aStep('linger')));
    expect(await first.isParked()).toBe('outcome_unknown');

    const second = await muster.submit(aPlan(aStep('linger')));
    await (await muster.submit(aChain('open', 5))).reaches('completed');
    writeFileSync(join(folder, 'go'), '');

    await second.reaches('completed');
    const [one, two] = [(await first.operation()).id, (await second.operation()).id];
    const said = calls().filter(({ key }) => key === one || key === two);
    expect(said.map(({ word, key }) => [word, key])).toEqual([
      ['begin', one],
      ['end', one],
      ['begin', two],
      ['end', two],
    ]);
    rmSync(join(folder, 'go'));
    await muster.client.tasks.cancel(first.id, { reason: 'Seen enough.' });
  });

  it('because its task was cancelled keeps nobody from ending the task', async () => {
    await register('cancelled', 'opaque', 'wait');
    const running = await muster.submit(aPlan(aStep('cancelled')));
    const { id } = await until(async () => (await running.operations())[0], { what: 'the call' });
    await until(() => callsOf(id).length, { what: 'the function being called' });

    await muster.client.tasks.cancel(running.id, { reason: 'No longer wanted.' });

    expect((await running.reaches('cancelled')).standingEffects).toMatchObject([{ operationId: id, state: 'unknown' }]);
    writeFileSync(join(folder, 'go'), '');
    await until(() => callsOf(id).length === 2, { what: 'its end' });
    rmSync(join(folder, 'go'));
  });
});

describe('an executor killed under a function', () => {
  it.each<[EffectClass, string]>([
    ['keyed', 'calls it again under the same key'],
    ['opaque', 'leaves it to a person'],
  ])('of class %s %s', async (effect) => {
    await register(`killed.${effect}`, effect, 'wait');
    const running = await muster.submit(aPlan(aStep(`killed.${effect}`)));
    const { id } = await until(async () => (await running.operations())[0], { what: 'the call' });
    const call = await until(() => callsOf(id)[0], { what: 'the function being called' });

    process.kill(call.pid, 'SIGKILL');
    writeFileSync(join(folder, 'go'), '');

    if (effect === 'keyed') await running.reaches('completed');
    else expect(await running.isParked()).toBe('outcome_unknown');
    const words = callsOf(id).map(({ word }) => word);
    expect(words).toEqual(effect === 'keyed' ? ['begin', 'begin', 'end'] : ['begin']);
    rmSync(join(folder, 'go'));
  });
});
