import { getEventListeners } from 'node:events';
import { DeadlineExceeded, startDeadline, untilAborted } from './deadline';

describe('a deadline', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('aborts with DeadlineExceeded when the time is up, not before', () => {
    const deadline = startDeadline(100);

    jest.advanceTimersByTime(99);
    expect(deadline.signal.aborted).toBe(false);
    jest.advanceTimersByTime(1);

    expect(deadline.expired).toBe(true);
    expect(deadline.signal.reason).toBeInstanceOf(DeadlineExceeded);
  });

  it('aborts with the canceller’s reason when that comes first, and does not expire afterwards', () => {
    const cancel = new AbortController();
    const deadline = startDeadline(100, cancel.signal);

    cancel.abort('withdrawn');
    jest.advanceTimersByTime(1_000);

    expect(deadline.signal.reason).toBe('withdrawn');
    expect(deadline.expired).toBe(false);
  });

  it('has ended from the start where the canceller had, or no time is left', () => {
    expect(startDeadline(100, AbortSignal.abort('before')).signal.reason).toBe('before');
    expect(startDeadline(0).expired).toBe(true);
  });

  it('is waited for until it aborts, however often that is asked', async () => {
    const deadline = startDeadline(100);
    const first = untilAborted(deadline);

    jest.advanceTimersByTime(100);

    expect(await first).toBeUndefined();
    expect(await untilAborted(deadline)).toBeUndefined();
  });

  it('longer than a timer can count does not end at once', () => {
    const deadline = startDeadline(2 ** 40);

    jest.advanceTimersByTime(60_000);

    expect(deadline.signal.aborted).toBe(false);
    deadline.clear();
  });

  it.each<[string, (deadline: ReturnType<typeof startDeadline>, cancel: AbortController) => void]>([
    ['cleared', (deadline) => deadline.clear()],
    ['expired', () => jest.advanceTimersByTime(100)],
    ['cancelled', (_deadline, cancel) => cancel.abort()],
  ])('leaves no timer and no listener once %s', (_how, end) => {
    const cancel = new AbortController();
    const deadline = startDeadline(100, cancel.signal);

    end(deadline, cancel);

    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(cancel.signal, 'abort')).toHaveLength(0);
  });
});
