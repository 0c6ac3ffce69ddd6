import { measureGrowth } from '../growth/growth';
import { findingsOf, findingTable, growthPage } from '../growth/report';
import { originNow } from '../origin';
import type { Servers } from '../servers';
import { alignedText } from '../table';
import type { Wishes } from '../wishes';
import { inWorld } from '../world';
import { publish, sayLine } from './output';

const WHOLE = { planSteps: [1_000, 10_000, 100_000], finishedTasks: 1_000_000 };
const QUICK = { planSteps: [1_000, 10_000], finishedTasks: 20_000 };

/** Whether a step takes as long, and a page comes as soon, however much there is. */
export async function runGrowth(servers: Servers, { quick }: Wishes): Promise<boolean> {
  const sizes = quick ? QUICK : WHOLE;
  // The histories of copies carry the hashes of their originals, so that the invariants would speak of the copies alone.
  const growth = await inWorld(servers, (world) => measureGrowth(world, sizes, sayLine), { invariants: false });
  const findings = findingsOf(growth);
  console.log(`\n${alignedText(findingTable(findings))}\n`);
  if (!quick) publish('GROWTH.md', growthPage(findings, originNow()));
  return findings.every(({ holds }) => holds);
}
