import { readFileSync } from 'node:fs';
import { measureFloors } from '../floors/measure';
import { publishedIn } from '../floors/published';
import { distanceTable, floorCostTable, floorLines, floorsPage, floorTable } from '../floors/report';
import { compare } from '../goals';
import { driversTool } from '../harness';
import { originNow } from '../origin';
import type { Servers } from '../servers';
import { alignedText } from '../table';
import { type Wishes, WORKLOADS } from '../wishes';
import { pathIn, publish, sayLine } from './output';

/** What the goals of the last published comparison run into, whatever Muster does. */
export async function runFloors(servers: Servers, wishes: Wishes): Promise<boolean> {
  const published = publishedIn(readFileSync(pathIn('RESULTS.md'), 'utf8'));
  const measured = await measureFloors(servers, await driversTool(), wishes, sayLine);
  const lines = floorLines(compare(published.results), measured.floors);
  for (const table of [floorTable(lines), distanceTable(lines), floorCostTable(measured.floors)]) {
    console.log(`\n${alignedText(table)}`);
  }
  const isWhole = !wishes.quick && wishes.workloads.length === WORKLOADS.length;
  if (isWhole) publish('FLOORS.md', floorsPage(lines, measured, published, originNow()));
  return true;
}
