import type { JsonValue, ToolFunctions } from '@muster/domain';
import { classify, type ToolAnswer } from '@muster/ledger';
import type { LoadedFunction } from './function.modules';
import { FunctionTool } from './function.tool';
import { TOOL_LIMITS } from './limits';
import { aCall } from './testing/calls';
import type { ToolCall } from './tool';

type Over = Parameters<typeof aCall>[1];

/** One call of the function that the tool's name finds. */
function call(run: ToolFunctions[string], over: Over = {}): Promise<ToolAnswer> {
  const tool = new FunctionTool(new Map([['a.tool', run as LoadedFunction]]));
  return tool.call(aCall({ type: 'function' }, over));
}
const outputOf = (answer: ToolAnswer): JsonValue | undefined =>
  classify(aCall({ type: 'function' }).contract, answer).output;
const neverCalled = () => {
  throw new Error('It was called.');
};

describe('a function that returns', () => {
  it('gets the input and what the ledger knows of its call, and gives the output', async () => {
    const told = (input: JsonValue, { signal, ...rest }: object & { signal: AbortSignal }) => ({
      input,
      aborted: signal.aborted,
      ...rest,
    });

    const answer = await call(told, { input: { title: 'Ada' }, attempt: 2, deadline: new Date(0) });

    expect(outputOf(answer)).toEqual({
      input: { title: 'Ada' },
      aborted: false,
      idempotencyKey: `op_${'1'.repeat(32)}`,
      taskId: `tsk_${'2'.repeat(32)}`,
      stepId: `stp_${'3'.repeat(32)}`,
      attempt: 2,
      deadline: '1970-01-01T00:00:00.000Z',
      traceparent: expect.stringMatching(/^00-4/),
    });
  });

  it('is found by the name in the transport where there is one', async () => {
    const tool = new FunctionTool(new Map<string, LoadedFunction>([['other', () => 'found']]));

    expect(outputOf(await tool.call(aCall({ type: 'function', name: 'other' })))).toBe('found');
  });

  it('gives null where it returns nothing', async () => {
    expect(outputOf(await call(async () => undefined))).toBeNull();
  });

  const cyclic: { self?: object } = {};
  cyclic.self = cyclic;
  it.each<[string, unknown]>([
    ['a cycle', cyclic],
    ['a BigInt', 1n],
    ['a function', neverCalled],
    ['a toJSON that throws', { toJSON: neverCalled }],
  ])(
    'leaves its outcome unknown with %s: the work was done, and what came of it cannot be kept',
    async (_what, value) => {
      expect(await call(() => value)).toMatchObject({ kind: 'no-answer', code: 'body-unreadable' });
    },
  );

  it('leaves its outcome unknown with more than may be kept', async () => {
    const answer = await call(() => 'x'.repeat(TOOL_LIMITS.RESPONSE_BYTES_MAX));

    expect(answer).toMatchObject({ kind: 'no-answer', code: 'too-large' });
  });
});

describe('a function that throws', () => {
  it.each<[string, unknown, object]>([
    [
      'an error leaves its outcome unknown',
      new Error('Gone.'),
      { code: 'threw', message: 'The function threw: Gone.' },
    ],
    ['a text does as well', 'gone', { code: 'threw', message: 'The function threw: gone' }],
    ['nothing does as well', undefined, { code: 'threw', message: 'The function threw: undefined' }],
    ['what has no text does as well', Object.create(null), { code: 'threw' }],
    ['a mark that nobody knows does as well', { muster: 'no', message: 'No.' }, { code: 'threw' }],
  ])('%s', async (_what, thrown, expected) => {
    const throwing = () => {
      throw thrown;
    };

    expect(await call(throwing)).toMatchObject({ kind: 'no-answer', ...expected });
    expect(await call(async () => throwing())).toMatchObject({ kind: 'no-answer', ...expected });
  });

  it('is believed when it says that nothing was done, for good', async () => {
    const refusing = () => Promise.reject(Object.assign(new Error('No such title.'), { muster: 'rejected' }));

    expect(await call(refusing)).toEqual({ kind: 'rejected', code: 'function_rejected', message: 'No such title.' });
  });

  it.each<[unknown, number | undefined]>([
    [undefined, undefined],
    [1_500.2, 1_501],
    ['soon', undefined],
    [Number.NaN, undefined],
  ])(
    'is believed when it says that nothing was done this time, and may say when to come again: %s',
    async (asked, retryAfterMs) => {
      const busy = () => Promise.reject(Object.assign(new Error('Busy.'), { muster: 'notDone', retryAfterMs: asked }));

      expect(await call(busy)).toEqual({ kind: 'not-done', code: 'function_not_done', message: 'Busy.', retryAfterMs });
    },
  );
});

describe('a function that is not called', () => {
  it('because this executor has none of the name is worth another try, which may be elsewhere', async () => {
    const tool = new FunctionTool(new Map());

    expect(await tool.call(aCall({ type: 'function' }))).toMatchObject({ kind: 'not-sent', code: 'function_unknown' });
  });

  it.each<[string, Partial<ToolCall>, string]>([
    ['the task was withdrawn', { signal: AbortSignal.abort() }, 'aborted_before_send'],
    ['its time was up', { timeoutMs: 0 }, 'timeout_before_send'],
    ['the claim had grown too old', { mayLeave: () => false }, 'lease_stale'],
  ])('because %s was not sent', async (_why, over, code) => {
    expect(await call(neverCalled, over)).toMatchObject({ kind: 'not-sent', code });
  });
});

describe('a function that goes on after its call was stopped', () => {
  /** A call of a function that ends when it is told to, and what became of its place. */
  function aStubbornCall(over: Over) {
    const { promise, resolve: end } = Promise.withResolvers<void>();
    const [held, signals]: [Promise<unknown>[], AbortSignal[]] = [[], []];
    const stubborn = (_input: never, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return promise;
    };
    const answer = call(stubborn, { ...over, holdUntil: (one) => held.push(one) });
    return { answer, held, signals, end };
  }

  it('is answered for at once, hears of it, and holds its place until it has ended', async () => {
    const { answer, held, signals, end } = aStubbornCall({ timeoutMs: 5 });

    expect(await answer).toMatchObject({ kind: 'no-answer', code: 'timeout' });
    expect(signals[0]?.aborted).toBe(true);
    const over = jest.fn();
    const ended = held[0]?.then(over);
    await new Promise(setImmediate);
    expect(over).not.toHaveBeenCalled();

    end();
    await ended;
    expect(over).toHaveBeenCalledTimes(1);
  });

  it('is answered for as aborted where the task was withdrawn', async () => {
    const withdrawal = new AbortController();
    const { answer, held, end } = aStubbornCall({ signal: withdrawal.signal });

    withdrawal.abort();

    expect(await answer).toMatchObject({ kind: 'no-answer', code: 'aborted' });
    expect(held).toHaveLength(1);
    end();
  });

  it('makes no noise when it fails in the end', async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const held: Promise<unknown>[] = [];

    await call(() => promise, { timeoutMs: 5, holdUntil: (one) => held.push(one) });
    reject(new Error('Too late.'));

    await expect(held[0]).resolves.toBeDefined();
  });

  it('holds nothing where it ended in time', async () => {
    const { answer, held, end } = aStubbornCall({});

    end();
    await answer;

    expect(held).toEqual([]);
  });
});
