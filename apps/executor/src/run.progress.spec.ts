import type { AnswerBell } from '@muster/messaging';
import { RunProgress } from './run.progress';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A run whose ledger's last statement took so long, and what it has told of. */
function aRun(statementMs: number) {
  const told: string[][] = [];
  const ring = (_kind: string, ids: Iterable<string>) => void told.push([...ids]);
  return { told, progress: new RunProgress({ ring } as unknown as AnswerBell, () => statementMs) };
}

describe('the progress of a run', () => {
  it.each([
    [0, 250],
    [10, 250],
    [50, 1_000],
    [60_000, 2_000],
  ])('is told, where a statement takes %d ms, %d ms after the first step', (statementMs, ms) => {
    const { told, progress } = aRun(statementMs);
    progress.note('a');
    jest.advanceTimersByTime(ms - 1);
    progress.note('b');
    expect(told).toEqual([]);

    jest.advanceTimersByTime(1);

    expect(told).toEqual([['a', 'b']]);
  });

  it('is told at once where somebody waits for it, and once', () => {
    const { told, progress } = aRun(0);
    progress.note('a');
    progress.tell();
    progress.tell();
    jest.runAllTimers();
    expect(told).toEqual([['a']]);
  });
});
