import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commitNow, machineNow } from '../../test/support/origin';
import { progressLine } from '../../test/support/progress-line';
import startServices from '../../test/support/start-services';
import stopServices from '../../test/support/stop-services';
import { type Line, linesOf, type Origin, resultsPage, tableText } from './report';
import type { Scenario } from './scenario';
import { coordinatorKilled } from './scenarios/coordinator-killed';
import { executorFrozen } from './scenarios/executor-frozen';
import { executorKilledReported, executorKilledUnreported } from './scenarios/executor-killed';
import { postgresRestarted, redisAway } from './scenarios/server-away';

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  reported: executorKilledReported,
  lock: executorKilledUnreported,
  frozen: executorFrozen,
  coordinator: coordinatorKilled,
  redis: redisAway,
  postgres: postgresRestarted,
};
const SAMPLES_DEFAULT = '50';
const RESULTS = join(__dirname, 'RESULTS.md');
const USAGE = `usage: npm run bench:recovery -- [--n ${SAMPLES_DEFAULT}] [--only ${Object.keys(SCENARIOS).join(',')}]`;

void main();

async function main(): Promise<void> {
  const { n, chosen } = wishes();
  await startServices();
  const lines: Line[] = [];
  for (const scenario of chosen) lines.push(...linesOf(scenario, await measured(scenario, n)));
  await stopServices();
  console.log(`\n${tableText(lines)}\n`);
  // A part of the table would take the place of the whole.
  if (chosen.length === Object.keys(SCENARIOS).length) writeFileSync(RESULTS, resultsPage(lines, originOf(n)));
  process.exit(lines.some(({ reached }) => reached === false) ? 1 : 0);
}

function wishes(): { n: number; chosen: Scenario[] } {
  const { values } = parseArgs({
    options: { n: { type: 'string', default: SAMPLES_DEFAULT }, only: { type: 'string' } },
  });
  const names = values.only?.split(',') ?? Object.keys(SCENARIOS);
  const chosen = names.flatMap((name) => SCENARIOS[name] ?? []);
  if (!/^[1-9]\d{0,4}$/.test(values.n) || chosen.length < names.length) {
    console.error(USAGE);
    process.exit(2);
  }
  return { n: Number(values.n), chosen };
}

async function measured(scenario: Scenario, n: number): ReturnType<Scenario['measure']> {
  const began = performance.now();
  const tell = (done: number): void => progressLine(`${scenario.name}: ${Math.min(done, n)} of ${n}`);
  tell(0);
  const samples = await scenario.measure(n, tell);
  progressLine(`${scenario.name}: done in ${Math.round((performance.now() - began) / 1_000)} s`);
  process.stderr.write('\n');
  return samples;
}

const originOf = (n: number): Origin => ({
  command: `npm run bench:recovery -- --n ${n}`,
  machine: machineNow(),
  commit: commitNow(),
  at: new Date().toISOString().slice(0, 10),
});
