import { CHAIN_START, chainEvents, type EventRow } from './event-chain';
import { HistoryProof, type HistoryRows } from './history-proof';

const EVENTS = chainEvents(
  [
    { type: 'task.accepted', data: { state: 'running', open: ['a', 'b'] } },
    { type: 'step.dispatched', data: { steps: { a: ['dispatched', 1] } } },
    { type: 'step.succeeded', data: { steps: { a: ['succeeded', 1] } } },
  ],
  { seq: 0, hash: CHAIN_START },
  1_767_225_600_000,
);
const ROWS: HistoryRows = {
  state: 'running',
  fence: 0,
  eventSeq: 3,
  eventHash: EVENTS[2]!.hash,
  steps: { a: ['succeeded', 1], b: ['pending', 0] },
};

function prove(events: readonly EventRow[], rows: Partial<HistoryRows> = {}) {
  const proof = new HistoryProof();
  for (const event of events) proof.add(event);
  return proof.against({ ...ROWS, ...rows });
}

describe('the proof of a history', () => {
  it('finds nothing where the events are chained and give the rows', () => {
    expect(prove(EVENTS)).toEqual([]);
  });

  it.each<[string, EventRow[], number, string]>([
    [
      'a changed word',
      EVENTS.map((event) => ({ ...event, data: event.data.replace('dispatched', 'succeeded') })),
      2,
      'hash',
    ],
    ['a changed time', EVENTS.map((event) => ({ ...event, at: event.at + (event.seq === 3 ? 1 : 0) })), 3, 'hash'],
    ['a missing line', EVENTS.filter(({ seq }) => seq !== 2), 3, 'event 2 is missing'],
    ['a missing beginning', EVENTS.slice(1), 2, 'event 1 is missing'],
    ['a missing end', EVENTS.slice(0, 2), 3, 'the task knows of 3 events'],
    ['lines that changed places', [EVENTS[0]!, EVENTS[2]!, EVENTS[1]!], 3, 'event 2 is missing'],
  ])('names the line of %s', (_, events, seq, reason) => {
    expect(prove(events)).toEqual([{ seq, reason: expect.stringContaining(reason) }]);
  });

  it('names a chain that was computed anew behind a change: the task knows its end by another hash', () => {
    const forged = chainEvents(
      [{ type: 'task.accepted', data: { state: 'completed' } }],
      { seq: 0, hash: CHAIN_START },
      0,
    );

    expect(prove(forged, { eventSeq: 1 })).toEqual([
      { seq: 1, reason: 'the task knows its last event by another hash' },
    ]);
  });

  it('names an event beyond the last that the task knows', () => {
    expect(prove(EVENTS, { eventSeq: 2 })).toEqual([{ seq: 3, reason: 'the task knows of 2 events only' }]);
  });

  it.each<[string, Partial<HistoryRows>, string]>([
    ['a task', { state: 'completed' }, 'the task is completed, its history says running'],
    ['a fence', { fence: 1 }, 'the fence is 1, the history says 0'],
    [
      'a step',
      { steps: { ...ROWS.steps, b: ['succeeded', 1] } },
      'step b is succeeded at epoch 1, the history says pending at epoch 0',
    ],
    [
      'a step nobody told of',
      { steps: { ...ROWS.steps, c: ['pending', 0] } },
      'step c is pending at epoch 0, the history says nothing',
    ],
    ['a step that is gone', { steps: { a: ['succeeded', 1] } }, 'step b has no row, the history tells of it'],
  ])('names %s that is not as it was told', (_, rows, reason) => {
    expect(prove(EVENTS, rows)).toEqual([{ seq: 3, reason }]);
  });
});
