import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { Bulkhead, type Release } from './bulkhead';
import { Bulkheads } from './bulkheads';

describe('a full bulkhead', () => {
  it('lets the next in only when a place is given back, in order of arrival', async () => {
    const bulkhead = new Bulkhead('bank.pay', 1);
    const first = await bulkhead.enter();
    const arrivals: string[] = [];
    const arriving = async (name: string): Promise<Release> => {
      const release = await bulkhead.enter();
      arrivals.push(name);
      return release;
    };
    const second = arriving('second');
    const third = arriving('third');

    expect(bulkhead.tryEnter()).toBeUndefined();
    expect(arrivals).toEqual([]);
    first();
    (await second)();
    await third;

    expect(arrivals).toEqual(['second', 'third']);
  });

  it('forgets a waiter that gave up, with its reason, and goes on with the one behind it', async () => {
    const bulkhead = new Bulkhead('bank.pay', 1);
    const inside = await bulkhead.enter();
    const patience = new AbortController();
    const impatient = bulkhead.enter(patience.signal);
    const behind = bulkhead.enter();

    patience.abort('withdrawn');

    await expect(impatient).rejects.toBe('withdrawn');
    inside();
    await expect(behind).resolves.toBeInstanceOf(Function);
    expect(bulkhead.waiting).toBe(0);
  });

  it('leaves no listener on a signal that outlives the wait', async () => {
    const bulkhead = new Bulkhead('bank.pay', 1);
    const inside = await bulkhead.enter();
    const worker = new AbortController();
    const next = bulkhead.enter(worker.signal);

    inside();
    await next;

    expect(getEventListeners(worker.signal, 'abort')).toHaveLength(0);
  });

  it('admits who waits when the contract allows more', async () => {
    const bulkhead = new Bulkhead('bank.pay', 1);
    await bulkhead.enter();
    const next = bulkhead.enter();

    bulkhead.resize(2);

    await expect(next).resolves.toBeInstanceOf(Function);
  });
});

describe('a place', () => {
  it('given back twice counts once', async () => {
    const bulkhead = new Bulkhead('bank.pay', 2);
    const first = await bulkhead.enter();
    await bulkhead.enter();

    first();
    first();

    expect(bulkhead.occupied).toBe(1);
  });

  it('is refused to a caller that has already given up', async () => {
    await expect(new Bulkhead('bank.pay', 1).enter(AbortSignal.abort('late'))).rejects.toBe('late');
  });

  it('is reported to the gauge whenever it changes hands', () => {
    const seen: [number, number][] = [];
    const bulkhead = new Bulkhead('bank.pay', 1, {
      changed: (_key, occupied, waiting) => seen.push([occupied, waiting]),
    });

    bulkhead.tryEnter()?.();

    expect(seen).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });
});

describe('any order of entering, leaving and giving up', () => {
  it('never exceeds the bound and never loses a place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(fc.constantFrom('enter', 'leave', 'give up'), fc.nat(20)), { maxLength: 60 }),
        async (bound, moves) => {
          const bulkhead = new Bulkhead('any', bound);
          const inside: Release[] = [];
          const patience: AbortController[] = [];

          for (const [move, which] of moves) {
            if (move === 'enter') {
              const controller = new AbortController();
              patience.push(controller);
              bulkhead.enter(controller.signal).then(
                (release) => inside.push(release),
                () => undefined,
              );
            } else if (move === 'leave') inside.splice(which % Math.max(inside.length, 1), 1)[0]?.();
            else patience[which % Math.max(patience.length, 1)]?.abort('given up');
            await Promise.resolve();
            expect(bulkhead.occupied).toBeLessThanOrEqual(bound);
          }

          while (inside.length > 0) {
            inside.pop()?.();
            await Promise.resolve();
          }
          expect([bulkhead.occupied, bulkhead.waiting]).toEqual([0, 0]);
        },
      ),
    );
  });
});

describe('more tools than are kept', () => {
  it('forgets only bulkheads that nobody is in', async () => {
    const bulkheads = new Bulkheads({}, 2);
    const busy = bulkheads.of('busy', 1);
    await busy.enter();
    const idle = bulkheads.of('idle', 1);

    bulkheads.of('new', 1);

    expect(bulkheads.of('busy', 1)).toBe(busy);
    expect(bulkheads.of('idle', 1)).not.toBe(idle);
  });
});
