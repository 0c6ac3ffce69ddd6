import { Collector, type Progress, type Samples, type Scenario } from '../scenario';
import { anyPhase, World } from '../world';

/** Frozen at the same time, each in a lane of its own: a frozen process takes nothing from the others. */
const AT_ONCE = 5;
const EFFECTS = ['none', 'keyed'] as const;
const LEASE_MS = 10_000;

/** A process that stands still keeps its connections and its lock: only its lease runs out. */
export const executorFrozen: Scenario = {
  name: 'executor frozen',
  says: `SIGSTOP → next sending by another executor. The lease is ${LEASE_MS / 1_000} s; ${AT_ONCE} are frozen at a time, each at a moment of its own, with a call of each class.`,
  goalMs: LEASE_MS + 3_000,
  async measure(n: number, progress: Progress): Promise<Samples> {
    const world = await World.start();
    const collector = new Collector();
    const lanes = Array.from({ length: AT_ONCE }, (_, index) => `frozen-${index}`);
    while (collector.fewest < n) {
      await freezeOnce(world, lanes, collector);
      progress(collector.fewest);
    }
    await world.stop();
    return collector.samples;
  },
};

async function freezeOnce(world: World, lanes: readonly string[], collector: Collector): Promise<void> {
  const victims = await Promise.all(lanes.map((lane) => world.startOutside('executor', [lane])));
  const tasks = await Promise.all(lanes.map((lane) => heldCalls(world, lane)));
  const heir = await world.startOutside('executor', lanes);
  await Promise.all(
    victims.map(async (pid, index) => {
      await anyPhase();
      const frozenAt = performance.now();
      process.kill(pid, 'SIGSTOP');
      for (const [which, task] of tasks[index]!.entries()) {
        const { at } = await world.tool.sending(task, 2);
        collector.add(EFFECTS[which]!, at - frozenAt);
      }
    }),
  );
  await world.rest(tasks.flat());
  for (const pid of [...victims, heir]) process.kill(pid, 'SIGKILL');
}

const heldCalls = (world: World, lane: string): Promise<string[]> =>
  Promise.all(EFFECTS.map((effect) => world.aHeldCall(effect, lane)));
