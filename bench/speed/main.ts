import { requireHarness } from './harness';
import { runComparison } from './parts/comparison';
import { runFloors } from './parts/floors';
import { runGrowth } from './parts/growth';
import { runLatency } from './parts/latency';
import { runScale } from './parts/scale';
import { type Servers, startServers, stopServers } from './servers';
import { type Part, USAGE, type Wishes, wishesFrom } from './wishes';

/** Each answers whether what it promises held. */
const PARTS: Readonly<Record<Part, (servers: Servers, wishes: Wishes) => Promise<boolean>>> = {
  comparison: runComparison,
  floors: runFloors,
  growth: runGrowth,
  latency: runLatency,
  scale: runScale,
};

void main();

async function main(): Promise<void> {
  const wishes = wishesFrom(process.argv.slice(2));
  if (!wishes) {
    console.error(USAGE);
    process.exit(2);
  }
  try {
    requireHarness();
    const servers = await startServers();
    const holds = await PARTS[wishes.part](servers, wishes).finally(() => stopServers(servers));
    process.exit(holds ? 0 : 1);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
