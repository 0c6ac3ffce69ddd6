import type { PlanDocument, StepDocument } from '@muster/domain';
import { Redis } from 'ioredis';
import { aTool } from '../support/builders';
import { Muster } from '../support/muster';
import { progressLine } from '../support/progress-line';
import { RedisServer } from '../support/redis-server';
import type { RunningTask } from '../support/running-task';
import startServices from '../support/start-services';
import stopServices from '../support/stop-services';
import { ToolServer } from '../support/tool-server';
import { until } from '../support/until';

const CALLS = 4_000;
const KILLS = 40;
const WIPES = 10;
const CHAINS = 40;
const VICTIMS = ['executor', 'coordinator'] as const;
const TOOL = 'count.up';
/** Between two blows there is progress; without any for this long the run has failed. */
const STANDSTILL_MS_MAX = 90_000;
const END_MS_MAX = 180_000;

void main();

/** One task of 4,000 calls, under 40 kills and 10 wipes of its queues, has exactly 4,000 effects. */
async function main(): Promise<void> {
  const began = performance.now();
  await startServices();
  const redis = await RedisServer.start();
  const [muster, tools] = await Promise.all([Muster.start({ redisUrl: redis.url }), ToolServer.start()]);
  await muster.register(aTool(TOOL, 'keyed', tools.url, { maxConcurrency: 16, retry: { maxAttempts: 20 } }));
  tools.usually(TOOL, ['ok', 'slow', 'ok', 'lostack']);
  const task = await muster.submit(aLongPlan(), { input: { items: Array.from({ length: CALLS / 2 }, (_, n) => n) } });
  const blows = await strike(muster, redis, tools);
  const { state } = await task.rests(END_MS_MAX);
  await muster.stop();
  const wrong = await judge(state, blows, tools);
  await tools.stop();
  await redis.stop();
  await stopServices();
  summarise({ task, blows, tools, wrong, seconds: (performance.now() - began) / 1_000 });
  process.exit(wrong.length > 0 ? 1 : 0);
}

/** Half of the calls in chains of steps, half of them items of one step. */
function aLongPlan(): PlanDocument {
  const length = CALLS / 2 / CHAINS;
  const chains = Array.from({ length: CHAINS }, (_, chain) =>
    Array.from(
      { length },
      (_, index): StepDocument => ({
        id: `c${chain}_${index}`,
        tool: TOOL,
        input: { chain, index },
        ...(index > 0 && { needs: [`c${chain}_${index - 1}`] }),
      }),
    ),
  );
  const wide: StepDocument = {
    id: 'each',
    tool: TOOL,
    forEach: '${{ input.items }}',
    as: 'item',
    input: { item: '${{ item }}' },
  };
  return { input: { items: 'array' }, steps: [...chains.flat(), wide] };
}

interface Blows {
  kills: number;
  wipes: number;
}

/** Evenly over the work, not over time: a blow falls whenever another hundredth of the effects has taken place. */
async function strike(muster: Muster, redis: RedisServer, tools: ToolServer): Promise<Blows> {
  const blows: Blows = { kills: 0, wipes: 0 };
  const total = KILLS + WIPES;
  for (let blow = 1; blow <= total; blow++) {
    const effects = Math.floor((CALLS * blow) / (total + 1));
    await until(() => tools.effectsOf(TOOL).length >= effects, {
      what: `effect ${effects}`,
      deadlineMs: STANDSTILL_MS_MAX,
    });
    if (blow % (total / WIPES) === 0) await wipe(redis, blows);
    else await kill(muster, blows);
    progressLine(`${effects} of ${CALLS} effects, ${blows.kills} of ${KILLS} kills, ${blows.wipes} of ${WIPES} wipes`);
  }
  return blows;
}

async function kill(muster: Muster, blows: Blows): Promise<void> {
  const service = VICTIMS[blows.kills % VICTIMS.length]!;
  await until(async () => (await muster.workers(service)).length > 0, { what: `a ${service} to kill` });
  await muster.kill(service);
  blows.kills++;
}

async function wipe(redis: RedisServer, blows: Blows): Promise<void> {
  const client = new Redis(redis.url);
  await client.flushall();
  client.disconnect();
  blows.wipes++;
}

async function judge(state: string, { kills, wipes }: Blows, tools: ToolServer): Promise<string[]> {
  const effects = tools.effectsOf(TOOL);
  const operations = new Set(effects.map(({ operationId }) => operationId));
  return [
    state === 'completed' ? '' : `the task is ${state}`,
    effects.length === CALLS ? '' : `${effects.length} effects took place`,
    operations.size === effects.length ? '' : `${effects.length - operations.size} effects took place twice`,
    kills === KILLS && wipes === WIPES ? '' : `only ${kills} kills and ${wipes} wipes: this shows nothing`,
  ].filter(Boolean);
}

function summarise(run: {
  task: RunningTask;
  blows: Blows;
  tools: ToolServer;
  wrong: string[];
  seconds: number;
}): void {
  const { task, blows, tools, wrong, seconds } = run;
  const requests = tools.requestsTo(TOOL).length;
  console.log(`
  task      ${task.id}
  effects   ${tools.effectsOf(TOOL).length} of ${CALLS}, by ${requests} requests
  kills     ${blows.kills}, executor and coordinator in turn
  wipes     ${blows.wipes} of the whole queue
  took      ${seconds.toFixed(0)} s
  ${wrong.length > 0 ? `FAILED: ${wrong.join('; ')}` : 'Every effect took place exactly once, and every invariant holds.'}
`);
}
