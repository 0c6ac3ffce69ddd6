import type { Muster } from '../../../test/support/muster';
import { type Distribution, distributionOf } from '../../distribution';

/** A request that somebody at a screen waits for. */
export interface PageTime {
  readonly says: string;
  readonly ms: Distribution;
}

const LOOKS = 40;
const WARM_UP_LOOKS = 3;
const LIMIT = 50;

/** Labels, as `name=value`, by how many of the tasks have them. */
export interface ListedLabels {
  readonly most: string;
  readonly one: string;
  readonly none: string;
}

/** Lists of tasks, as the console and the command line ask for them. */
export const listPages = ({ most, one, none }: ListedLabels): Record<string, string> => ({
  'newest tasks': `/v1/tasks?limit=${LIMIT}`,
  'tasks of a state that most have': `/v1/tasks?state=completed&limit=${LIMIT}`,
  'tasks of a state that none has': `/v1/tasks?state=failed&limit=${LIMIT}`,
  'tasks of a label that most have': `/v1/tasks?label=${most}&limit=${LIMIT}`,
  'tasks of a label that one has': `/v1/tasks?label=${one}&limit=${LIMIT}`,
  'tasks of a label that none has': `/v1/tasks?label=${none}&limit=${LIMIT}`,
  'tasks of a label that most have, in a state that none has': `/v1/tasks?label=${most}&state=failed&limit=${LIMIT}`,
  'tasks of a label that most have and one that one has': `/v1/tasks?label=${most}&label=${one}&limit=${LIMIT}`,
});

/** One task, with what is asked for beside it. */
export const detailPages = (id: string): Record<string, string> => ({
  'a task': `/v1/tasks/${id}`,
  'its first steps': `/v1/tasks/${id}/steps?limit=${LIMIT}`,
  'its first operations': `/v1/tasks/${id}/operations?limit=${LIMIT}`,
  'its first events': `/v1/tasks/${id}/events?limit=${LIMIT}`,
  'why it stands where it stands': `/v1/tasks/${id}/explain`,
});

/** Past the SDK, whose iterators would ask for the next page as well. */
export async function timePages(muster: Muster, pages: Readonly<Record<string, string>>): Promise<PageTime[]> {
  const times: PageTime[] = [];
  for (const [says, path] of Object.entries(pages)) {
    const samples: number[] = [];
    for (let look = -WARM_UP_LOOKS; look < LOOKS; look++) {
      const began = performance.now();
      await read(muster, path);
      if (look >= 0) samples.push(performance.now() - began);
    }
    times.push({ says, ms: distributionOf(samples) });
  }
  return times;
}

async function read(muster: Muster, path: string): Promise<unknown> {
  const response = await fetch(muster.client.url + path, { headers: { authorization: `Bearer ${muster.key}` } });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

/** Every page of a list, to its end; how long the slowest took. */
export async function slowestPage(muster: Muster, path: string, limit: number): Promise<{ items: number; ms: number }> {
  let [items, ms, cursor] = [0, 0, ''];
  do {
    const began = performance.now();
    const page = (await read(muster, `${path}?limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)) as {
      items: unknown[];
      nextCursor?: string;
    };
    ms = Math.max(ms, performance.now() - began);
    items += page.items.length;
    cursor = page.nextCursor ?? '';
  } while (cursor);
  return { items, ms };
}
