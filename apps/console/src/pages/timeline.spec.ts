import type { EvidenceRow, OperationRow, SendingRow } from '../readers/task.view';
import { timelineOf } from './timeline';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 10, 0, second));

const operation = (given: Partial<OperationRow>) =>
  ({
    sending: 1,
    epoch: 1,
    worker_id: 'w',
    state: 'sent',
    resolver: null,
    code: null,
    message: null,
    sent_at: at(0),
    ended_at: null,
    settled_at: null,
    ...given,
  }) as OperationRow;
const sending = (given: Partial<SendingRow>) =>
  ({
    sending: 1,
    worker_id: 'w',
    epoch: 1,
    outcome: 'unknown',
    code: null,
    sent_at: at(0),
    ended_at: null,
    late: false,
    ...given,
  }) as SendingRow;
const probe = (given: Partial<EvidenceRow>) =>
  ({ kind: 'probe', began_at: at(5), finding: 'absent', detail: '{}', ...given }) as EvidenceRow;

describe('an operation whose outcome was unknown', () => {
  it('is told in the order it happened: sent, asked about, sent again, settled', () => {
    const again = operation({
      sending: 2,
      epoch: 2,
      state: 'succeeded',
      resolver: 'executor',
      sent_at: at(9),
      settled_at: at(10),
    });

    const lines = timelineOf(again, [sending({ ended_at: at(3) })], [probe({})]).map((moment) => moment.text);

    expect(lines).toEqual([
      'Sending 1 at epoch 1: nobody knows what became of it. The socket was closed after 3.0 s.',
      'The tool was asked what became of it: absent.',
      'Sending 2 at epoch 2.',
      'Succeeded, by the tool’s own answer.',
    ]);
  });

  it('says who settled it', () => {
    const byProbe = operation({ state: 'succeeded', resolver: 'probe', settled_at: at(6) });
    const byPerson = operation({ state: 'succeeded', resolver: 'person', settled_at: at(6) });

    expect(timelineOf(byProbe, [], []).at(-1)?.text).toBe('Succeeded, shown by a probe.');
    expect(timelineOf(byPerson, [], []).at(-1)?.text).toBe('Succeeded, by a person’s word.');
  });

  it('keeps a late answer apart from the sending that stands', () => {
    const lines = timelineOf(
      operation({ state: 'unknown', ended_at: at(2) }),
      [sending({ late: true, outcome: 'succeeded', ended_at: at(20) })],
      [],
    );

    expect(lines.at(-1)?.text).toBe('A late answer to sending 1: it succeeded.');
  });
});
