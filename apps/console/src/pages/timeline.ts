import { isJsonObject } from '@muster/domain';
import { storedJson } from '../readers/stored-json';
import type { EvidenceRow, OperationRow, SendingRow } from '../readers/task.view';
import { span } from './parts';

/** One line of an operation's history. */
export interface Moment {
  readonly at: Date;
  readonly text: string;
  /** The state whose colour its dot has. */
  readonly colour: string;
  readonly worker?: string;
}

/** What happened to an operation, first to last: its sendings, what was asked and answered, and who settled it. */
export function timelineOf(
  operation: OperationRow,
  sendings: readonly SendingRow[],
  evidence: readonly EvidenceRow[],
): Moment[] {
  const earlier = sendings.filter((sending) => sending.late || sending.sending < operation.sending);
  return [...earlier.map(ofSending), ...evidence.map(ofEvidence), current(operation), ...settlement(operation)].sort(
    (one, other) => one.at.getTime() - other.at.getTime(),
  );
}

function ofSending(sending: SendingRow): Moment {
  const { worker_id: worker, outcome: colour } = sending;
  const code = sending.code ? ` (${sending.code})` : '';
  if (sending.late) {
    return {
      at: sending.ended_at ?? sending.sent_at,
      colour,
      worker,
      text: `A late answer to sending ${sending.sending}: ${outcomeWords(sending.outcome)}${code}.`,
    };
  }
  return {
    at: sending.sent_at,
    colour,
    worker,
    text: `Sending ${sending.sending} at epoch ${sending.epoch}: ${outcomeWords(sending.outcome)}${code}.${closed(sending)}`,
  };
}

const OUTCOMES: Readonly<Record<string, string>> = {
  succeeded: 'it succeeded',
  failed: 'it was rejected',
  unknown: 'nobody knows what became of it',
  absent: 'certainly not done',
};
const outcomeWords = (outcome: string): string => OUTCOMES[outcome] ?? outcome;

const closed = (sending: SendingRow): string =>
  sending.ended_at
    ? ` The socket was closed after ${span(sending.ended_at.getTime() - sending.sent_at.getTime())}.`
    : ' Its end was not seen.';

const KINDS: Readonly<Record<string, string>> = {
  probe: 'The tool was asked what became of it',
  'read-back': 'The effect was read back',
  resolution: 'A person resolved it',
  'late-answer': 'A late answer was kept',
  criteria: 'Criteria were evaluated',
};

function ofEvidence(one: EvidenceRow): Moment {
  const detail = storedJson(one.detail);
  const reason = isJsonObject(detail) ? (detail.reason ?? detail.message) : undefined;
  const colour = one.finding === 'happened' ? 'succeeded' : one.finding === 'inconclusive' ? 'unknown' : one.finding;
  return {
    at: one.began_at,
    colour,
    text: `${KINDS[one.kind] ?? one.kind}: ${one.finding}${typeof reason === 'string' ? `, ${reason}` : ''}.`,
  };
}

const current = (operation: OperationRow): Moment => ({
  at: operation.sent_at,
  colour: 'sent',
  worker: operation.worker_id,
  text: `Sending ${operation.sending} at epoch ${operation.epoch}${operation.state === 'sent' ? ', its answer is awaited' : ''}.`,
});

function settlement(operation: OperationRow): Moment[] {
  if (operation.state === 'unknown') {
    return [
      {
        at: operation.ended_at ?? operation.sent_at,
        colour: 'unknown',
        text: `Unknown${reasonOf(operation)}: it may or may not have happened.`,
      },
    ];
  }
  if (operation.state === 'absent')
    return [
      {
        at: operation.ended_at ?? operation.sent_at,
        colour: 'absent',
        text: `Certainly not done${reasonOf(operation)}.`,
      },
    ];
  if (!operation.settled_at) return [];
  const verb = operation.state === 'succeeded' ? 'Succeeded' : 'Failed';
  return [
    {
      at: operation.settled_at,
      colour: operation.state,
      text: `${verb}, ${byWhom(operation.resolver)}${reasonOf(operation)}.`,
    },
  ];
}

function byWhom(resolver: string | null): string {
  if (resolver === 'probe') return 'shown by a probe';
  if (resolver === 'person') return 'by a person’s word';
  return 'by the tool’s own answer';
}

const reasonOf = (operation: OperationRow): string =>
  operation.code ? ` (${operation.code}${operation.message ? `: ${operation.message}` : ''})` : '';
