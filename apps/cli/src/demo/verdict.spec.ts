import type { Operation } from '@muster/client';
import type { DeskLine } from './desk-log';
import { judge, type Recording, resolutionText } from './verdict';

const anOperation = (
  id: string,
  effect: Operation['effect'],
  sendings: number,
  more: Partial<Operation> = {},
): Operation => ({
  id,
  taskId: 'tsk_1',
  stepKey: 's',
  tool: 't',
  effect,
  state: 'succeeded',
  sendings,
  requestHash: 'h',
  evidence: [],
  ...more,
});

const line = (what: DeskLine['what'], key?: string): DeskLine => ({ at: '', what, counter: 'new', key });
const asked = (key: string, found: boolean): DeskLine => ({ ...line('asked', key), found });
const served = (key: string): DeskLine[] => [line('came', key), line('applied', key), line('answered', key)];
const lost = (key: string): DeskLine[] => [line('came', key), line('applied', key), line('reset', key)];

/** Four operations: answered, sent again with its key, found by asking, proven absent and sent again. */
function aGoodRun(): Recording {
  return {
    task: { state: 'completed' },
    wanted: 4,
    operations: [
      anOperation('op_1', 'keyed', 1),
      anOperation('op_2', 'keyed', 2),
      anOperation('op_3', 'probed', 1),
      anOperation('op_4', 'probed', 2),
    ],
    log: [
      ...served('op_1'),
      ...lost('op_2'),
      line('came', 'op_2'),
      line('answered', 'op_2'),
      ...lost('op_3'),
      asked('op_3', true),
      line('came', 'op_4'),
      line('reset', 'op_4'),
      asked('op_4', false),
      ...served('op_4'),
    ],
    kills: [{ pid: 1, inFlight: 2, effectsBefore: 2 }],
  };
}

describe('a run in which every operation was one effect', () => {
  it('held', () => {
    const { held, figures } = judge(aGoodRun());

    expect(held).toBe(true);
    expect(figures).toMatchObject({
      operations: 4,
      sendings: 6,
      effects: 4,
      duplicates: 0,
      lost: 0,
      phantoms: 0,
      resets: 3,
    });
  });

  it('tells how each unknown outcome came to its end', () => {
    const { resolutions } = judge(aGoodRun()).figures;

    expect(resolutionText(resolutions)).toBe(
      '3 unknown: 1 sent again with the same key, 1 found by asking and 1 proven absent and sent again',
    );
  });
});

describe('a run that did not hold', () => {
  const broken = (recording: Recording) => judge(recording).checks.filter((check) => !check.holds);

  it.each<[string, (run: Recording) => Recording, RegExp]>([
    [
      'an effect that happened twice',
      (run) => ({ ...run, log: [...run.log, line('applied', 'op_1')] }),
      /1 duplicates/,
    ],
    [
      'an operation without its effect',
      (run) => ({ ...run, log: run.log.filter((one) => one.key !== 'op_3') }),
      /1 lost/,
    ],
    [
      'a ticket that was never asked for',
      (run) => ({ ...run, operations: run.operations.slice(1) }),
      /3 operations for 4/,
    ],
    ['an effect of no operation', (run) => ({ ...run, log: [...run.log, line('applied', 'op_9')] }), /1 phantoms/],
    ['an effect without a key', (run) => ({ ...run, log: [...run.log, line('applied')] }), /1 phantoms/],
    [
      'a task that failed',
      (run) => ({ ...run, task: { state: 'failed', failure: { message: 'why' } } }),
      /failed: why/,
    ],
    [
      'nothing that was reset',
      (run) => ({ ...run, log: run.log.filter((one) => one.what !== 'reset') }),
      /0 acknowledgements lost/,
    ],
    ['nobody that was killed', (run) => ({ ...run, kills: [] }), /0 executors killed/],
    [
      'a kill with nothing in flight',
      (run) => ({ ...run, kills: [{ pid: 1, inFlight: 0, effectsBefore: 4 }] }),
      /0 calls in flight/,
    ],
    [
      'an outcome that stayed unknown',
      (run) => ({
        ...run,
        operations: [...run.operations.slice(0, 3), anOperation('op_4', 'probed', 2, { state: 'unknown' })],
      }),
      /1 outcomes unaccounted for/,
    ],
    [
      'nothing at all',
      () => ({ task: { state: 'completed' }, wanted: 0, operations: [], log: [], kills: [] }),
      /0 operations for 0/,
    ],
  ])('had %s', (_what, forge, reason) => {
    const run = forge(aGoodRun());

    expect(judge(run).held).toBe(false);
    expect(
      broken(run)
        .map((check) => check.says)
        .join('\n'),
    ).toMatch(reason);
  });
});
