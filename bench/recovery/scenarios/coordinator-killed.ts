import { Collector, type Progress, type Samples, type Scenario } from '../scenario';
import { anyPhase, pause, World } from '../world';

const STEADY_MS = 6_000;
const STEPS = 2;

/** The only coordinator. Its parent lets the spare begin; nothing else could decide. */
export const coordinatorKilled: Scenario = {
  name: 'coordinator killed',
  says: 'SIGKILL to the only coordinator, and the call under way is answered → sending of the next step, which waits for a decision. One sample a kill.',
  async measure(n: number, progress: Progress): Promise<Samples> {
    const world = await World.start();
    const collector = new Collector();
    for (let kill = 1; kill <= n; kill++) {
      await pause(STEADY_MS);
      const task = await world.aGatedChain('held', STEPS);
      await anyPhase();
      const killedAt = performance.now();
      await world.muster.kill('coordinator');
      world.tool.letGo(task);
      const { at } = await world.tool.sending(task, STEPS);
      collector.add('next step', at - killedAt);
      world.tool.letGo(task);
      await world.rest([task]);
      progress(kill);
    }
    await world.stop();
    return collector.samples;
  },
};
