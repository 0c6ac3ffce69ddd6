import { findBreak, foldEvents } from '@muster/domain';
import { aStep, TaskWorld } from './testing/task.world';

describe('a new task', () => {
  it('has its first steps dispatched in the statement that makes it', () => {
    const world = new TaskWorld([aStep('b', { needs: ['a'], tool: 'slow' }), aStep('a'), aStep('c')]);

    expect(world.states()).toEqual({ b: 'pending', a: 'dispatched', c: 'dispatched' });
    expect(world.rings.map((ring) => (ring.to === 'executor' ? ring.run.length : 0))).toEqual([1, 1]);
    expect(world.task).toMatchObject({ stepsTotal: 3, openSteps: 3, toolCalls: 2 });
  });

  it('links its steps both ways, by the ids of rows', () => {
    const world = new TaskWorld([aStep('b', { needs: ['a'] }), aStep('a')]);

    expect(world.step('b')).toMatchObject({ needs: [world.step('a').id], waitingOn: 1 });
    expect(world.step('a').dependants).toEqual([world.step('b').id]);
  });

  it('dispatches as many runs as the window has room for', () => {
    const world = new TaskWorld([aStep('a'), aStep('a2', { needs: ['a'] }), aStep('b'), aStep('c')], { room: 2 });

    expect(world.states()).toEqual({ a: 'dispatched', a2: 'dispatched', b: 'dispatched', c: 'ready' });
  });

  it('begins a history that tells its rows', () => {
    const world = new TaskWorld([aStep('a'), aStep('b', { needs: ['a'], when: 'true' })], { room: 0 });

    expect(findBreak(world.store.events)).toBeUndefined();
    expect(Object.fromEntries(foldEvents(world.store.events).steps)).toEqual({
      a: { state: 'ready', epoch: 0 },
      b: { state: 'pending', epoch: 0 },
    });
  });
});
