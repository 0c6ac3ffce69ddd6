import type { SinkRequest } from '../sink/effect-sink';
import { type Docket, groups } from './docket';
import type { OperationRecord } from './evidence';
import type { Finding } from './findings';

/** Whatever reached the outside had been written down before, as it reached the outside. */
export function strayRequests({ requests, operations }: Docket): Finding[] {
  return [...requests].flatMap(([id, seen]) => {
    const operation = operations.get(id);
    if (!operation) return [{ rule: 'unknown-operation', subject: id, says: 'The sink saw it, the ledger never did.' }];
    return [...unintended(operation, seen), ...elsewhere(operation, seen), ...otherBytes(operation, seen)];
  });
}

function unintended({ id, sendings }: OperationRecord, seen: readonly SinkRequest[]): Finding[] {
  const stray = seen.filter(({ attempt }) => !(attempt >= 1 && attempt <= sendings));
  const byAttempt = groups(seen, ({ attempt }) => String(attempt));
  const repeated = [...byAttempt.values()].filter((group) => group.length > 1);
  return [
    ...stray.map(({ attempt }): Finding => {
      const says = `The sink saw sending ${attempt}; the ledger intended ${sendings}.`;
      return { rule: 'unintended-sending', subject: id, says };
    }),
    ...repeated.map(([first, ...others]): Finding => {
      const says = `Sending ${first!.attempt} left ${others.length + 1} times.`;
      return { rule: 'sending-sent-twice', subject: id, says };
    }),
  ];
}

function elsewhere({ id, tool, effect }: OperationRecord, seen: readonly SinkRequest[]): Finding[] {
  const other = seen.find((request) => request.tool !== tool || request.effect !== effect);
  if (!other) return [];
  return [{ rule: 'other-tool', subject: id, says: `It is a call of ${tool}, and reached ${other.tool}.` }];
}

function otherBytes({ id, requestHash }: OperationRecord, seen: readonly SinkRequest[]): Finding[] {
  const other = seen.find(({ bodyHash }) => bodyHash !== requestHash);
  if (!other) return [];
  const says = `Sending ${other.attempt} carried other bytes than the ledger keeps.`;
  return [{ rule: 'different-bytes', subject: id, says }];
}

/** The ledger's own earlier sendings, of which the sink may have seen nothing. */
export function changedBytes({ testimony, operations }: Docket): Finding[] {
  return testimony.database.sendings
    .filter(({ operationId, requestHash }) => operations.get(operationId)?.requestHash !== requestHash)
    .map(({ operationId, sending }) => ({
      rule: 'different-bytes',
      subject: operationId,
      says: `Sending ${sending} is recorded with other bytes.`,
    }));
}

/** One step is one operation, whatever happens to its worker. */
export function splitSteps({ testimony }: Docket): Finding[] {
  const requests = testimony.sink.filter((line) => line.kind === 'request');
  return [...groups(requests, ({ step }) => step)].flatMap(([step, seen]) => {
    const ids = new Set(seen.map(({ operation }) => operation));
    return ids.size === 1 ? [] : [{ rule: 'step-with-two-operations', subject: step, says: [...ids].join(', ') }];
  });
}

const NOTHING_DONE: readonly string[] = ['too-many', 'unavailable', 'reject'];

/** G5: an opaque call that may have happened is repeated on a person's word only, a probed one on that or a proof. */
export function blindResends(docket: Docket): Finding[] {
  return [...docket.requests].flatMap(([id, seen]): Finding[] => {
    const kinds = PROOFS[docket.operations.get(id)?.effect ?? 'none'];
    if (!kinds) return [];
    const doubtful = seen.slice(0, -1).filter(({ behaviour }) => !NOTHING_DONE.includes(behaviour)).length;
    const proven = docket.absencesOf(id, ...kinds);
    if (doubtful <= proven) return [];
    const says = `Sent again ${doubtful} times when it might have happened, ${proven} times with reason.`;
    return [{ rule: 'blind-resend', subject: id, says }];
  });
}

const PROOFS: Readonly<Partial<Record<string, readonly string[]>>> = {
  opaque: ['resolution'],
  probed: ['resolution', 'probe'],
};
