import { freePort, PostgresCluster } from '../../../test/support/postgres-cluster';
import { RedisServer } from '../../../test/support/redis-server';
import { Collector, type Progress, type Samples, type Scenario } from '../scenario';
import { pause, World } from '../world';

/** Tasks under way when a server goes: each is a sample, and those of one outage are alike. */
const TASKS = 10;
/** More than a task comes to do before its end is measured. */
const STEPS = 2_000;
const REDIS_AWAY_MS = 15_000;
/** Rings are repeated by a timetable of their own: the outages must not end at the same place in it. */
const REDIS_AWAY_MORE_MS_MAX = 5_000;
const STEADY_MS = 2_000;

/** The queues are gone with everything in them, and an empty Redis comes back at the same place. */
export const redisAway: Scenario = {
  name: 'Redis gone 15 s',
  says: `Away for 15 to 20 s. An empty Redis takes commands again → next sending of each of ${TASKS} tasks under way. ${TASKS} samples an outage.`,
  async measure(n: number, progress: Progress): Promise<Samples> {
    let redis = await RedisServer.start({ port: await freePort() });
    const world = await World.start({ redisUrl: redis.url });
    const outage = async (): Promise<void> => {
      await redis.kill();
      await pause(REDIS_AWAY_MS + Math.random() * REDIS_AWAY_MORE_MS_MAX);
      redis = await RedisServer.start({ port: redis.port });
    };
    const samples = await measureOutages(world, n, outage, progress);
    await world.stop();
    await redis.stop();
    return samples;
  },
};

/** Every connection is cut, and the next start recovers from the log. */
export const postgresRestarted: Scenario = {
  name: 'Postgres restarted',
  says: `Postgres takes connections again after an immediate stop → next sending of each of ${TASKS} tasks under way. ${TASKS} samples a restart.`,
  async measure(n: number, progress: Progress): Promise<Samples> {
    const cluster = await PostgresCluster.start({ durable: true });
    const world = await World.start({ databaseUrl: cluster.url });
    const outage = async (): Promise<void> => {
      await cluster.crash();
      await cluster.recover();
    };
    const samples = await measureOutages(world, n, outage, progress);
    await world.stop();
    await cluster.stop();
    return samples;
  },
};

async function measureOutages(
  world: World,
  n: number,
  outage: () => Promise<void>,
  progress: Progress,
): Promise<Samples> {
  const collector = new Collector();
  const tasks = await Promise.all(Array.from({ length: TASKS }, () => world.aGatedChain('steady', STEPS)));
  while (collector.fewest < n) {
    await pause(STEADY_MS);
    await outage();
    const backAt = performance.now();
    for (const task of tasks) {
      const next = await world.tool.arrival(`progress of ${task}`, (one) => one.task === task && one.at > backAt);
      collector.add('next step', next.at - backAt);
    }
    progress(collector.fewest);
  }
  await Promise.all(tasks.map((id) => world.muster.client.tasks.cancel(id, { reason: 'measured' })));
  return collector.samples;
}
