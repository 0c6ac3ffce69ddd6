import type { StepDocument } from '@muster/domain';
import type { Input } from './decision';
import { CONTRACTS } from './testing/contracts';
import { aStep, TaskWorld } from './testing/task.world';

/** One request for another plan, as the desk hands it on. */
function revision(request: string, steps: readonly StepDocument[], replaces = 1): Input {
  const grants = [...CONTRACTS.keys()];
  const shelf = { tools: CONTRACTS, agents: new Map() };
  return {
    kind: 'revise',
    revision: { document: { steps }, replaces, cites: {}, by: 'ann', request, grants, ...shelf },
  };
}
const REVISED = { kind: 'revised', revision: 2 };
const STALE = { kind: 'stale', reason: expect.any(String) };

describe('another plan that comes together with news of the steps before it', () => {
  const more = () => revision('more', [aStep('a'), aStep('b', { needs: ['a'] })]);

  it('is made of what they came to: nothing is decided by a plan that nobody has read back', () => {
    const world = new TaskWorld([aStep('a')]);
    world.claim('a');
    world.settle('a', { state: 'failed' });

    const answer = world.decide([
      more(),
      { kind: 'cancel', reason: 'enough' },
      { kind: 'look', stepId: world.step('a').id },
    ]);

    expect(answer).toEqual([STALE, 'done']);
  });

  it('has the task end where nothing is left to do, whoever dies right behind its commit', () => {
    const world = new TaskWorld([aStep('a'), aStep('b', { tool: 'slow', needs: ['a'] })]);
    world.room = 0;
    world.answer('a');

    world.decide([revision('less', [aStep('a')])]);

    const revised = world.decisions.find(({ plan }) => plan);
    expect(revised?.task).toMatchObject({ state: 'running', openSteps: 0, dueAt: world.now });
    expect(world.task).toMatchObject({ state: 'completed', dueAt: null });
  });

  it('is not taken for the plan that it is to replace in its turn', () => {
    const world = new TaskWorld([aStep('a')]);

    expect(world.decide([more(), revision('next', [aStep('c')], 2)])).toEqual([REVISED, STALE]);
    expect(world.states()).toMatchObject({ b: 'pending' });
  });
});

describe('a request for another plan that comes again', () => {
  const first = () => revision('the first', [aStep('b')]);

  it('is answered like the first time, and nothing comes of it', () => {
    const world = new TaskWorld([aStep('a')]);
    expect(world.decide([first()])).toEqual([REVISED]);
    const { revision: before } = world.task;

    expect(world.decide([first()])).toEqual([REVISED]);

    expect(world.task).toMatchObject({ revision: before, planRevision: 2 });
  });

  it('is so when both come at once', () => {
    const world = new TaskWorld([aStep('a')]);

    expect(world.decide([first(), first()])).toEqual([REVISED, REVISED]);

    expect(world.task.planRevision).toBe(2);
  });

  it('is so when the task has ended by that plan', () => {
    const world = new TaskWorld([aStep('a')]);
    world.decide([first()]);
    for (const key of ['a', 'b']) world.answer(key);
    expect(world.task.state).toBe('completed');

    expect(world.decide([first()])).toEqual([REVISED]);
  });

  it('is stale when another plan has taken its place since', () => {
    const world = new TaskWorld([aStep('a')]);
    world.decide([first()]);
    world.decide([revision('the second', [aStep('c')], 2)]);

    expect(world.decide([first()])).toEqual([STALE]);
  });

  it('is stale when another request made that revision', () => {
    const world = new TaskWorld([aStep('a')]);
    world.decide([first()]);

    expect(world.decide([revision('another', [aStep('b')])])).toEqual([STALE]);
  });
});
