import { originNow } from '../origin';
import { scalePage, scaleTable } from '../scale/report';
import { measureScale } from '../scale/scale';
import type { Servers } from '../servers';
import { alignedText } from '../table';
import type { Wishes } from '../wishes';
import { publish, sayLine } from './output';

const TASKS = 1_000;
const QUICK_TASKS = 200;

/** What more executors and coordinators bring, and who is in the way. */
export async function runScale(servers: Servers, { quick }: Wishes): Promise<boolean> {
  const points = await measureScale(servers, quick ? QUICK_TASKS : TASKS, sayLine);
  console.log(`\n${alignedText(scaleTable(points))}\n`);
  if (!quick) publish('SCALE.md', scalePage(points, originNow()));
  return true;
}
