import type { JsonValue } from '@muster/domain';
import { TaskMemory } from './task.memory';
import { scopeOf } from './testing/memory.store';
import { aStep, TaskWorld } from './testing/task.world';

const CHAIN = [aStep('a'), aStep('b', { needs: ['a'], tool: 'slow' }), aStep('c', { needs: ['b'] })];

/** A task that a coordinator with this memory has accepted. */
function remembered(memory = new TaskMemory(), steps = CHAIN, input: JsonValue = null) {
  const world = new TaskWorld(steps, { input });
  memory.accepted(world.store.acceptance);
  const recall = (...keys: string[]) =>
    memory.recall(
      keys.map((key) => world.step(key).id),
      [world.task.id],
    );
  /** The step succeeds, and this coordinator writes what follows. */
  const succeed = (key: string) => {
    const before = world.store.snapshot(scopeOf([world.step(key).id]));
    world.answer(key);
    memory.committed(world.decisions.at(-1)!, before);
  };
  return { memory, world, recall, succeed };
}

const keysOf = ({ known }: ReturnType<TaskMemory['recall']>) => known[0]?.steps.map(({ key }) => key).sort();

describe('the memory of a coordinator', () => {
  it('has of a task that it accepted the rows of the task, of the named steps and of those that wait for them', () => {
    const { world, recall } = remembered();

    expect(recall('b').known).toEqual([{ task: world.task, steps: [world.step('b'), world.step('c')] }]);
    expect(recall('b').unknown).toEqual({ stepIds: [], taskIds: [] });
  });

  it('has what was decided since, in the revision that it wrote', () => {
    const { world, recall, succeed } = remembered();

    succeed('a');

    expect(recall('b').known[0]).toEqual({ task: world.task, steps: [world.step('b'), world.step('c')] });
    expect(world.step('b').state).toBe('dispatched');
  });

  it('leaves a step that has ended to the database, and with it the whole task, so that all is of one moment', () => {
    const { world, recall, succeed } = remembered();
    succeed('a');

    const { known, unknown } = recall('a', 'b');

    expect(known).toEqual([]);
    expect(unknown).toEqual({ stepIds: [world.step('a').id, world.step('b').id], taskIds: [world.task.id] });
  });

  it('knows of a step that has ended that a look at it changes nothing, also when its task is forgotten', () => {
    const { world, memory, succeed } = remembered();
    const ids = ['a', 'b'].map((key) => world.step(key).id);
    expect(memory.open(ids)).toEqual(ids);

    succeed('a');

    expect(memory.open(ids)).toEqual([ids[1]]);
    memory.forget([world.task.id]);
    expect(memory.open(ids)).toEqual([ids[1]]);
  });

  it('names with a step the run behind it, and no step that goes on its own', () => {
    const { world, memory } = remembered(new TaskMemory(), [
      aStep('x'),
      aStep('y', { needs: ['x'] }),
      aStep('z', { needs: ['y'] }),
      aStep('alone', { needs: ['z'], tool: 'slow' }),
    ]);
    const id = (key: string) => world.step(key).id;

    expect(memory.withRuns([id('x')])).toEqual(['x', 'y', 'z'].map(id));
    expect(memory.withRuns([id('alone')])).toEqual([id('alone')]);
    memory.forget([world.task.id]);
    expect(memory.withRuns([id('x')])).toEqual([id('x')]);
  });

  it('takes as many steps as a plan may have', () => {
    const { world, memory, succeed } = remembered();
    succeed('a');
    const many = Array.from({ length: 200_000 }, () => world.step('a').id);

    expect(memory.recall(many, []).unknown.stepIds).toHaveLength(many.length);
  });

  it('learns a task from what a decision was drawn from, as far as that went', () => {
    const { world, memory, recall, succeed } = remembered();
    memory.forget([world.task.id]);

    succeed('a');

    expect(recall('b').unknown.stepIds).toEqual([world.step('b').id]);
    expect(recall().known).toEqual([{ task: world.task, steps: [] }]);
    succeed('b');
    expect(keysOf(recall('c'))).toEqual(['c']);
  });

  it('forgets a task that has ended, and one that was withdrawn', () => {
    const { memory, world, recall } = remembered();
    const before = world.store.snapshot(scopeOf([]));
    world.cancel();
    memory.committed(world.decisions.at(-1)!, before);

    expect(recall('a').known).toEqual([]);
  });

  it('does not take up again a task that somebody else moves, too', () => {
    const { memory, world, recall, succeed } = remembered();
    memory.share([world.task.id]);

    succeed('a');

    expect(recall('b').known).toEqual([]);
  });

  it('reads a row that is due anew, until it is written again', () => {
    const { memory, world, recall, succeed } = remembered();

    memory.forgetDue([world.step('b').id], []);

    expect(recall('a').known).toEqual([]);
    succeed('a');
    expect(keysOf(recall('b'))).toEqual(['b', 'c']);
  });

  it('keeps no more rows than it may, and those used last', () => {
    const memory = new TaskMemory(2 * CHAIN.length);
    const first = remembered(memory);
    const second = remembered(memory);
    first.recall('a');

    const third = remembered(memory);

    expect([first, second, third].map(({ recall }) => recall('a').known.length)).toEqual([1, 0, 1]);
  });

  it('counts what a task carries, and keeps none that carries much', () => {
    const memory = new TaskMemory(100);
    const large = Array.from({ length: 30 }, () => ({ text: 'x'.repeat(1_024) }));
    const many = Array.from({ length: 3 }, () => remembered(memory, CHAIN, large));

    expect(many.map(({ recall }) => recall('a').known.length)).toEqual([0, 1, 1]);
    for (const more of [[large, large, large], Array.from({ length: 200_000 }, () => 1)])
      expect(remembered(memory, CHAIN, more).recall('a').known).toEqual([]);
    expect(many.map(({ recall }) => recall('a').known.length)).toEqual([0, 1, 1]);
  });

  it('keeps nothing of a task that is larger than all it may keep', () => {
    const { memory, recall } = remembered(new TaskMemory(CHAIN.length - 1));

    expect(recall('a').known).toEqual([]);
    expect(remembered(memory, [aStep('a')]).recall('a').known).toHaveLength(1);
  });
});
