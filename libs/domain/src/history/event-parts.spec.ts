import { LIMITS } from '../limits';
import { CHAIN_START, chainEvents, findBreak } from './event-chain';
import { foldEvents } from './fold';

const PARTS = 3;
const KEYS = Array.from({ length: (PARTS - 1) * LIMITS.EVENT_STEPS_MAX + 1 }, (_, n) => `n${n}`);
const START = { seq: 0, hash: CHAIN_START };
const opened = { type: 'task.accepted', data: { state: 'running', fence: 0, open: KEYS } };
const moved = {
  type: 'step.dispatched',
  data: { steps: Object.fromEntries(KEYS.map((key) => [key, ['dispatched', 1]])) },
};

describe('an event that names very many steps', () => {
  it('is told in several, each about its share, chained as one history', () => {
    const events = chainEvents([opened, moved], START, 0);

    expect(events.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'task.accepted'],
      [2, 'step.opened'],
      [3, 'step.opened'],
      [4, 'step.dispatched'],
      [5, 'step.dispatched'],
      [6, 'step.dispatched'],
    ]);
    expect(Math.max(...events.map(({ data }) => data.length))).toBeLessThan(LIMITS.EVENT_STEPS_MAX * 30);
    expect(findBreak(events)).toBeUndefined();
  });

  it('folds to what it would have said at once', () => {
    const { state, steps } = foldEvents(chainEvents([opened, moved], START, 0));

    expect(state).toBe('running');
    expect([...steps.keys()]).toEqual(KEYS);
    expect(new Set([...steps.values()].map((step) => `${step.state} ${step.epoch}`))).toEqual(
      new Set(['dispatched 1']),
    );
  });
});

describe('an event that names few steps', () => {
  it('stays as it is', () => {
    const few = { type: 'step.expanded', data: { steps: { pay: ['waiting', 1] }, open: KEYS.slice(0, 3) } };

    expect(chainEvents([few], START, 0).map(({ data }) => JSON.parse(data))).toEqual([few.data]);
  });
});
