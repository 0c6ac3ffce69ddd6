import { originNow } from '../origin';
import { measureFlames } from '../scale/flames';
import { flamePictures, scalePage, scaleTable } from '../scale/report';
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
  if (quick) return true;
  const flames = await measureFlames(servers, TASKS, sayLine);
  const origin = originNow();
  for (const [name, picture] of flamePictures(flames, origin)) publish(name, picture);
  publish('SCALE.md', scalePage(points, flames, origin));
  return true;
}
