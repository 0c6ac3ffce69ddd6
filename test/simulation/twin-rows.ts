import type { Snapshot } from '../../apps/coordinator/src/lifecycle/snapshot';
import type { MemoryStore } from '../../apps/coordinator/src/lifecycle/testing/memory.store';

const OPERATION = [
  ...['id', 'stepId', 'tool', 'effect', 'state', 'sending', 'doubt', 'releases', 'epoch', 'workerId', 'outputValid'],
  ...['resolver', 'code', 'message', 'retryAfter', 'firstSentAt', 'sentAt', 'endedAt', 'settledAt'],
];
const SENDING = ['operationId', 'sending', 'workerId', 'outcome', 'code', 'sentAt', 'endedAt', 'late'];
const WORKER = ['id', 'state', 'leasedUntil', 'lockMissedAt', 'endedAt'];
const PROBE = ['id', 'operationId', 'beganAt', 'finding'];
const VERDICT = ['id', 'stepId', 'passed', 'code', 'message'];
const REFUSAL = ['stepId', 'code', 'message'];

/** What a snapshot holds of the rows, whoever has read it: without what only one of the two has, and in one order. */
export function shownOf(snapshot: Snapshot): object {
  const { task, steps, operations, sendings, workers, refusals, verdicts, taskVerdict, probes } = snapshot;
  const senders = new Set([...operations.values(), ...sendings].map(({ workerId }) => workerId));
  return {
    now: snapshot.now,
    task: pick(task, Object.keys(task)),
    steps: ordered([...steps.values()].map((step) => pick(step, Object.keys(step)))),
    operations: ordered([...operations.values()].map((row) => pick(row, OPERATION))),
    sendings: ordered(sendings.map((row) => pick(row, SENDING))),
    workers: ordered([...workers.values()].filter(({ id }) => senders.has(id)).map((row) => pick(row, WORKER))),
    refusals: ordered([...refusals.values()].map((row) => pick(row, REFUSAL))),
    verdicts: ordered([...verdicts.values()].map((row) => pick(row, VERDICT))),
    taskVerdict: taskVerdict && pick(taskVerdict, VERDICT),
    probes: ordered(probes.map((row) => pick(row, PROBE))),
    sent: ordered(snapshot.sentOperations.map(({ id }) => ({ id }))),
  };
}

/** The rows of a store as RealStore.rows() has them of Postgres. */
export function storedOf({ ledger, events }: MemoryStore): object {
  const hex = (bytes: Buffer | null) => bytes?.toString('hex') ?? null;
  const operations = [...ledger.operations.values()].map((row) => ({
    ...pick(row, ['id', 'state', 'fence', 'contractHash']),
    request: hex(row.request),
    response: hex(row.response),
    permitId: row.permitId,
  }));
  const permits = [...ledger.permits.all.values()].map((row) => ({
    ...pick(row, ['id', 'operationId']),
    request: hex(row.request),
    ...pick(row, ['state', 'expiresAt']),
  }));
  const sendings = ledger.sendings.map((row) => ({
    ...pick(row, ['operationId', 'sending', 'late', 'workerId', 'epoch', 'fence', 'outcome', 'code']),
    response: hex(row.response),
    ...pick(row, ['sentAt', 'endedAt']),
  }));
  const workers = [...ledger.workers.values()].map((row) => pick(row, [...WORKER, 'givenUpAt']));
  return {
    operations: operations.sort(by('id')),
    sendings: sendings.sort(by('operationId', 'sending', 'late')),
    permits: permits.sort(by('id')),
    workers: workers.sort(by('id')),
    events: events.map((row) => pick(row, ['seq', 'type', 'at', 'data', 'hash'])),
  };
}

function pick(row: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, (row as Record<string, unknown>)[key]]));
}

const ordered = (rows: readonly Record<string, unknown>[]): Record<string, unknown>[] =>
  rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

const by =
  (...keys: string[]) =>
  (a: Record<string, unknown>, b: Record<string, unknown>): number => {
    const key = keys.find((one) => a[one] !== b[one]);
    return key === undefined ? 0 : (a[key] as string) < (b[key] as string) ? -1 : 1;
  };
