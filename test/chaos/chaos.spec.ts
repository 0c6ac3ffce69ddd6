import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunReport, runChaos } from './run';

const SEED = 20_261;
const EFFECTS = 2_000;
const FAULTS = 16;
const TASKS_AT_ONCE = 40;
jest.setTimeout(300_000);

let folder: string;
let report: RunReport;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-chaos-'));
  report = await runChaos({ seed: SEED, effects: EFFECTS, faults: FAULTS, tasksAtOnce: TASKS_AT_ONCE, folder });
});
// What a failure leaves behind is worth keeping: expect names the folder.
afterAll(() => report?.findings.length === 0 && rm(folder, { recursive: true, force: true }));

describe('random work while everything is killed, frozen, wiped, restarted and cut', () => {
  it('has every effect once, loses nothing acknowledged and believes no phantom', () => {
    expect({ findings: report.findings, kept: folder }).toEqual({ findings: [], kept: folder });
  });

  it('keeps every invariant', () => {
    expect(report.breaches).toEqual([]);
  });

  it('did enough to prove it', () => {
    const { faults, figures, callers } = report;

    expect(figures.effects).toBeGreaterThanOrEqual(EFFECTS);
    for (const service of ['coordinator', 'executor', 'verifier', 'planner']) {
      expect(faults.kills[service]).toBeGreaterThan(0);
    }
    const { freezes, wipes, redisRestarts, postgresRestarts, cuts, sinkKills } = faults;
    for (const count of [freezes, wipes, redisRestarts, postgresRestarts, cuts, sinkKills]) {
      expect(count).toBeGreaterThan(0);
    }
    const { repeated, forged, cancelled } = callers;
    for (const count of [repeated, forged, cancelled]) expect(count).toBeGreaterThan(0);
  });
});
