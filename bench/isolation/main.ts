import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commitNow, machineNow } from '../../test/support/origin';
import { progressLine } from '../../test/support/progress-line';
import startServices from '../../test/support/start-services';
import stopServices from '../../test/support/stop-services';
import { outcomeOf, type Round, resultsPage } from './report';
import { World } from './world';

const PAIRS_DEFAULT = '3';
const RESULTS = join(__dirname, 'RESULTS.md');
const USAGE = `usage: npm run bench:isolation -- [--pairs ${PAIRS_DEFAULT}]`;

void main();

async function main(): Promise<void> {
  const pairs = wishes();
  await startServices();
  const world = await World.start();
  const rounds = await measure(world, pairs);
  await world.stop();
  await stopServices();
  const page = resultsPage(rounds, {
    command: `npm run bench:isolation -- --pairs ${pairs}`,
    machine: machineNow(),
    commit: commitNow(),
    at: new Date().toISOString().slice(0, 10),
  });
  console.log(`\n${page}`);
  writeFileSync(RESULTS, page);
  process.exit(outcomeOf(rounds).reached ? 0 : 1);
}

function wishes(): number {
  const { values } = parseArgs({ options: { pairs: { type: 'string', default: PAIRS_DEFAULT } } });
  if (!/^[1-9]\d?$/.test(values.pairs)) {
    console.error(USAGE);
    process.exit(2);
  }
  return Number(values.pairs);
}

/** One round that nobody counts, so that everything is warm; then rounds in turns, each pair the other way round. */
async function measure(world: World, pairs: number): Promise<Round[]> {
  progressLine('a round to get warm');
  await world.round(false);
  const rounds: Round[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    for (const hangs of pair % 2 === 0 ? [false, true] : [true, false]) {
      progressLine(`round ${rounds.length + 1} of ${2 * pairs}`);
      rounds.push({ hangs, spans: await world.round(hangs) });
    }
  }
  return rounds;
}
