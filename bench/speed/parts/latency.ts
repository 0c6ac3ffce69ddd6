import { measureLatency } from '../latency/latency';
import { latencyPage, latencyTable } from '../latency/report';
import { originNow } from '../origin';
import type { Servers } from '../servers';
import { alignedText } from '../table';
import type { Wishes } from '../wishes';
import { inWorld } from '../world';
import { publish, sayLine } from './output';

const SECONDS = 60;
const QUICK_SECONDS = 15;

/** How long a submission, an event and a cancel take while the services are busy. */
export async function runLatency(servers: Servers, { quick }: Wishes): Promise<boolean> {
  const seconds = quick ? QUICK_SECONDS : SECONDS;
  const latency = await inWorld(servers, (world) => measureLatency(world, { seconds }, sayLine));
  console.log(`\n${alignedText(latencyTable(latency))}\n`);
  if (!quick) publish('LATENCY.md', latencyPage(latency, originNow()));
  return true;
}
