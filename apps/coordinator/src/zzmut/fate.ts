import type { Draft } from './draft';
import type { OperationRow, Snapshot } from './snapshot';

/**
 * What is known of the process that sent. `ended`: somebody saw its end, at `at`. `fallen` and `expired`: its lock fell
 * or its lease ran out; it may still live, so this never counts as the end of a sending.
 */
export type Fate =
  | { readonly kind: 'alive' }
  | { readonly kind: 'ended'; readonly at: number }
  | { readonly kind: 'fallen' }
  | { readonly kind: 'expired' };

export function fateOf(draft: Draft, workerId: string): Fate {
  const worker = draft.snapshot.workers.get(workerId);
  if (!worker) return { kind: 'expired' };
  if (worker.endedAt !== null) return { kind: 'ended', at: worker.endedAt };
  const missedMs = worker.lockMissedAt === null ? -1 : draft.now - worker.lockMissedAt;
  if (missedMs >= draft.surroundings.workerLostGraceMs) return { kind: 'fallen' };
  if (worker.leasedUntil < draft.now) return { kind: 'expired' };
  return { kind: 'alive' };
}

/**
 * When the last of an operation's sendings ended, by the sender's own record or its seen end; undefined while the end of
 * any of them has not been seen. Only this may start the clock of `absentAfterMs`.
 */
export function lastEndOf(draft: Draft, operation: OperationRow): number | undefined {
  const ends = [
    endOf(draft.snapshot, operation.workerId, operation.endedAt),
    ...draft.snapshot.sendings
      .filter((sending) => sending.operationId === operation.id && !sending.late)
      .map((sending) => endOf(draft.snapshot, sending.workerId, sending.endedAt)),
  ];
  return ends.some((end) => end === undefined) ? undefined : Math.max(...(ends as number[]));
}

function endOf(snapshot: Snapshot, workerId: string, recorded: number | null): number | undefined {
  return recorded ?? snapshot.workers.get(workerId)?.endedAt ?? undefined;
}
