import fc from 'fast-check';
import { Chaos, randomFrom } from './testing/chaos';
import { aRandomTask } from './testing/random-plan';
import { TaskWorld } from './testing/task.world';

/** A failure prints the seed and the path that lead to it; `fc.assert(…, { seed, path })` repeats exactly that run. */
const RUNS = 500;

describe('any task, with any outcomes, in any order', () => {
  it('keeps every rule at every moment, and comes to its end once everybody answers', () => {
    fc.assert(
      fc.property(aRandomTask, fc.nat(), fc.nat(200), ({ document, options }, seed, turns) => {
        const world = new TaskWorld(document, options);
        const chaos = new Chaos(world, randomFrom(seed));

        chaos.storm(turns);
        chaos.calm();

        expect(world.isOver).toBe(true);
      }),
      { numRuns: RUNS },
    );
  }, 60_000);
});
