import { randomUUID } from 'node:crypto';
import { chainPlan, type DagNode, dagPlan } from '../adapter/plans';
import type { World } from '../world';
import { detailPages, listPages, type PageTime, slowestPage, timePages } from './pages';
import { seedFinishedTasks } from './seed';

export interface PlanSize {
  readonly steps: number;
  readonly msPerStep: number;
}

/** What grew, and what became of the time it takes. */
export interface Growth {
  readonly plans: readonly PlanSize[];
  /** The longest history that was read from end to end. */
  readonly history: { readonly events: number; readonly slowestPageMs: number; readonly resumeMs: number };
  readonly largePages: readonly PageTime[];
  /** Milliseconds a step, of chains, one at a time. */
  readonly stepMs: { readonly emptyTables: number; readonly fullTables: number };
  readonly finishedTasks: number;
  readonly fullPages: readonly PageTime[];
}

export interface GrowthWishes {
  readonly planSteps: readonly number[];
  readonly finishedTasks: number;
}

const WIDTH = 100;
const REST_MS_MAX = 3_600_000;
const CHAIN = 10;
const CHAINS = 40;
const TEMPLATES = 20;
const LABEL = { origin: 'bench' };
const RARE_LABEL = { kind: 'rare' };
const LISTED = { most: 'origin=bench', one: 'kind=rare', none: 'kind=none' };
const EVENTS_A_PAGE = 500;

export async function measureGrowth(
  world: World,
  { planSteps, finishedTasks }: GrowthWishes,
  tell: (line: string) => void,
): Promise<Growth> {
  const emptyTables = await stepMs(world);
  const plans: PlanSize[] = [];
  let largest = '';
  for (const steps of planSteps) {
    tell(`a plan of ${steps} steps`);
    const began = performance.now();
    largest = await finished(world, dagPlan(layers(steps)));
    plans.push({ steps, msPerStep: (performance.now() - began) / steps });
    tell(`a plan of ${steps} steps: ${(plans.at(-1)?.msPerStep ?? 0).toFixed(2)} ms a step`);
  }
  const history = await readHistory(world, largest);
  const largePages = await timePages(world.muster, detailPages(largest));
  const templates = await Promise.all(Array.from({ length: TEMPLATES }, () => finished(world, chainPlan(1), LABEL)));
  await finished(world, chainPlan(1), { ...LABEL, ...RARE_LABEL });
  await seedFinishedTasks(world.muster, templates, finishedTasks, (done) => tell(`${done} of ${finishedTasks} tasks`));
  const fullTables = await stepMs(world);
  const pages = { ...listPages(LISTED), ...detailPages(templates[0]!) };
  return {
    plans,
    history,
    largePages,
    stepMs: { emptyTables, fullTables },
    finishedTasks,
    fullPages: await timePages(world.muster, pages),
  };
}

async function finished({ muster }: World, plan: ReturnType<typeof chainPlan>, labels = {}): Promise<string> {
  const { id } = await muster.client.tasks.submit({ plan, labels }, { idempotencyKey: randomUUID() });
  const { state } = await muster.client.tasks.wait(id, REST_MS_MAX);
  if (state !== 'completed') throw new Error(`${id} is ${state}.`);
  return id;
}

/** Chains one after the other, warm. */
async function stepMs(world: World): Promise<number> {
  const plan = chainPlan(CHAIN);
  for (let n = 0; n < CHAINS / 4; n++) await finished(world, plan);
  const began = performance.now();
  for (let n = 0; n < CHAINS; n++) await finished(world, plan);
  return (performance.now() - began) / (CHAINS * CHAIN);
}

/** Each step needs two of the layer before it, as in the driver's graph. */
function layers(steps: number): DagNode[] {
  return Array.from({ length: steps }, (_, index) => {
    const [layer, i] = [Math.floor(index / WIDTH), index % WIDTH];
    const deps = layer === 0 ? [] : [`n${layer - 1}_${i}`, `n${layer - 1}_${(i + 1) % WIDTH}`];
    return { id: `n${layer}_${i}`, i, deps };
  });
}

/** From end to end in pages, and live from shortly before its end. */
async function readHistory({ muster }: World, id: string): Promise<Growth['history']> {
  const { items, ms } = await slowestPage(muster, `/v1/tasks/${id}/events`, EVENTS_A_PAGE);
  const began = performance.now();
  for await (const _ of muster.client.tasks.events(id, { after: items - 1 })) break;
  return { events: items, slowestPageMs: ms, resumeMs: performance.now() - began };
}
