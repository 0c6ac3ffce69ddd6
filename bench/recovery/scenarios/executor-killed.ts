import { Collector, type Progress, type Samples, type Scenario } from '../scenario';
import { anyPhase, pause, World } from '../world';

/** A service that dies within its first seconds is taken for one that fails at its start; and its spare has to load. */
const STEADY_MS = 6_000;
const EFFECTS = ['none', 'keyed'] as const;

/** The only executor, a child of the supervisor: its parent sees the end, reports it, and lets the spare begin. */
export const executorKilledReported: Scenario = {
  name: 'executor killed, reported by its parent',
  says: 'SIGKILL to the only executor → next sending of the same operation. One sample of each class a kill.',
  goalMs: 1_000,
  async measure(n: number, progress: Progress): Promise<Samples> {
    const world = await World.start();
    const collector = new Collector();
    for (let kill = 1; kill <= n; kill++) {
      await pause(STEADY_MS);
      const tasks = await Promise.all(EFFECTS.map((effect) => world.aHeldCall(effect)));
      await anyPhase();
      const killedAt = performance.now();
      await world.muster.kill('executor');
      await noteResends(world, tasks, killedAt, collector);
      progress(kill);
    }
    await world.stop();
    return collector.samples;
  },
};

/** Outside any supervisor, beside another executor of the same lane: only the lock that falls tells of the end. */
export const executorKilledUnreported: Scenario = {
  name: 'executor killed, told by its lock alone',
  says: 'SIGKILL to one of two executors that nobody supervises → next sending by the other. One sample of each class a kill.',
  goalMs: 2_500,
  async measure(n: number, progress: Progress): Promise<Samples> {
    const world = await World.start();
    const collector = new Collector();
    let victim = await world.startOutside('executor', [LANE]);
    for (let kill = 1; kill <= n; kill++) {
      const tasks = await Promise.all(EFFECTS.map((effect) => world.aHeldCall(effect, LANE)));
      const heir = await world.startOutside('executor', [LANE]);
      await anyPhase();
      const killedAt = performance.now();
      process.kill(victim, 'SIGKILL');
      await noteResends(world, tasks, killedAt, collector);
      victim = heir;
      progress(kill);
    }
    await world.stop();
    return collector.samples;
  },
};
const LANE = 'outside';

async function noteResends(world: World, tasks: readonly string[], since: number, collector: Collector): Promise<void> {
  for (const [index, effect] of EFFECTS.entries()) {
    const { at } = await world.tool.sending(tasks[index]!, 2);
    collector.add(effect, at - since);
  }
  await world.rest(tasks);
}
