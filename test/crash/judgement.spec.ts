import type { Cell } from './cells';
import { type Facts, judge } from './judgement';

const CELL: Cell = { point: 'executor.after-effect', signal: 'kill', effect: 'keyed', behaviour: 'ok' };
const REQUEST = { operation: 'op', bodyHash: 'a', behaviour: 'ok' } as const;
const AS_PROMISED: Facts = {
  cell: CELL,
  isStruck: true,
  state: 'completed',
  waitsFor: [],
  words: [],
  letters: 0,
  rowsLeft: 0,
  requests: [REQUEST, REQUEST],
  effects: 1,
};
const at = (point: Cell['point']): Pick<Facts, 'cell'> => ({ cell: { ...CELL, point } });
const of = (effect: Cell['effect']): Pick<Facts, 'cell'> => ({ cell: { ...CELL, effect } });

describe('the judge of a cell', () => {
  it.each<[string, Partial<Facts>]>([
    ['a key sent twice', {}],
    ['a read made twice', { ...of('none'), effects: 2 }],
    [
      'a call that waits, and says why',
      { ...of('opaque'), state: 'running', waitsFor: ['outcome_unknown'], requests: [] },
    ],
    ['a call released by a person', { ...of('opaque'), words: ['absent'] }],
    ['a cancel', { ...at('coordinator.after-withdrawal'), state: 'cancelled' }],
    ['a step that cannot be sent', { ...at('executor.before-refusal'), state: 'failed', requests: [], effects: 0 }],
    ['a refused job', { ...at('coordinator.after-dead-letter'), letters: 1 }],
    ['a task that was removed', at('coordinator.after-prune')],
    ['a rejection', { cell: { ...CELL, behaviour: 'reject' }, state: 'failed', effects: 0 }],
  ])('has nothing against %s', (_, facts) => {
    expect(judge({ ...AS_PROMISED, ...facts })).toEqual([]);
  });

  it.each<[string, Partial<Facts>]>([
    ['a second effect', { effects: 2 }],
    ['an effect twice in our own tables', { ...of('transactional'), effects: 2 }],
    ['a success without an effect', { effects: 0 }],
    ['a failure that nobody asked for', { state: 'failed', effects: 0 }],
    ['a failure behind an effect', { cell: { ...CELL, behaviour: 'reject' }, state: 'failed' }],
    ['a task that stands still', { state: 'running' }],
    ['a task that waits for nobody knows what', { state: 'running', waitsFor: [''] }],
    ['a fresh key at each sending', { requests: [REQUEST, { ...REQUEST, operation: 'other' }] }],
    ['other bytes at the second sending', { requests: [REQUEST, { ...REQUEST, bodyHash: 'b' }] }],
    ['a blind resend', { ...of('opaque') }],
    ['a cancel that nobody asked for', { state: 'cancelled' }],
    ['a cancel that changes nothing', at('coordinator.after-withdrawal')],
    ['a refused step that is sent', { ...at('executor.before-refusal'), state: 'failed', effects: 0 }],
    ['a refused job that is lost', at('coordinator.after-dead-letter')],
    ['a task that was removed in part', { ...at('coordinator.after-prune'), rowsLeft: 1 }],
    ['a fault that never struck', { isStruck: false }],
  ])('speaks up at %s', (_, facts) => {
    expect(judge({ ...AS_PROMISED, ...facts })).toHaveLength(1);
  });
});
