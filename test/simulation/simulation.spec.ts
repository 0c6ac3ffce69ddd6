import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { lacksOf, NOTHING, type Summary } from './campaign';
import { FAULTS } from './mix';
import { REGRESSIONS } from './regressions';
import { traceOf } from './report';
import { PLANNED_AGAIN, scenarioOf } from './schedule';

const SCHEDULES = 20_000;
/** Some twenty seconds of one core; a machine may be busy with other things. */
const WITHIN_MS = 600_000;
const REPORT_BYTES_MAX = 64 * 2 ** 20;
const SEEDS_LOOKED_AT = 50;

jest.setTimeout(WITHIN_MS);

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of this folder, run to its end, whatever its status is: its own words say more than that. */
async function run(program: string, ...args: string[]): Promise<Ended> {
  const options = { maxBuffer: REPORT_BYTES_MAX, timeout: WITHIN_MS };
  try {
    return await promisify(execFile)(process.execPath, [join(__dirname, program), ...args], options);
  } catch (error) {
    const { stdout = '', stderr = String(error) } = error as Partial<Ended>;
    return { stdout, stderr: stderr || String(error) };
  }
}

describe(`${SCHEDULES} schedules, each with a mix of faults of its own`, () => {
  it('come to the end that their steps say, and enough happened on the way', async () => {
    const { stdout, stderr } = await run('run.mjs', '--schedules', String(SCHEDULES), '--json');

    // The trace of a failing schedule, made small.
    expect(stderr).toBe('');
    const summary = JSON.parse(stdout) as Summary;
    expect(summary).toMatchObject({ schedules: SCHEDULES, failures: [] });
    expect(lacksOf(summary)).toEqual([]);
  });
});

describe('a seed', () => {
  const traces = () => Array.from({ length: SEEDS_LOOKED_AT }, (_, seed) => traceOf(scenarioOf(seed)));

  it('is one run, told line by line the same each time, and no other seed is', () => {
    const first = traces();

    expect(traces()).toEqual(first);
    expect(new Set(first).size).toBe(SEEDS_LOOKED_AT);
  });
});

describe('schedules in which too little happened', () => {
  const struck = Object.fromEntries([...FAULTS, PLANNED_AGAIN].map((fault) => [fault, 20]));
  const enough: Summary = { schedules: SCHEDULES, events: 600_000, effects: 20_000, struck, failures: [] };

  it('prove nothing, and are told what they lack', () => {
    const [fault] = FAULTS;

    expect(lacksOf(enough)).toEqual([]);
    expect(lacksOf({ ...enough, effects: 19_999 })).toEqual(['19999 effects are too few for 20000 schedules.']);
    expect(lacksOf({ ...enough, events: 599_999 })).toEqual(['599999 events are too few for 20000 schedules.']);
    expect(lacksOf({ ...enough, struck: { ...struck, [fault!]: 19 } })).toEqual([
      `${fault} struck 19 times in 20000 schedules.`,
    ]);
    expect(lacksOf(NOTHING)).toContain('No schedule was run.');
  });
});

describe('a scenario that failed once', () => {
  const told = new Map<string, unknown>();
  beforeAll(async () => {
    const { stdout, stderr } = await run('judge-regressions.mjs');
    if (stderr) throw new Error(stderr);
    for (const line of stdout.trim().split('\n'))
      told.set((JSON.parse(line) as { name: string }).name, JSON.parse(line));
  });

  it.each(REGRESSIONS.map(({ name }) => name))('%s: never again, and the defect would be caught', (name) => {
    expect(told.get(name)).toMatchObject({ findings: [], at: expect.any(String) });
  });
});
