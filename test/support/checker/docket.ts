import type { SinkEffectLine, SinkRequest } from '../sink/effect-sink';
import type { EvidenceRecord, OperationRecord, StepRecord, TaskRecord, Testimony } from './evidence';

/** The testimony, so ordered that a rule finds what it asks for. */
export class Docket {
  readonly tasks: ReadonlyMap<string, TaskRecord>;
  readonly operations: ReadonlyMap<string, OperationRecord>;
  /** By the operation they are answered by. */
  readonly steps: ReadonlyMap<string, StepRecord>;
  /** What the sink saw of each operation, in its order. */
  readonly requests: ReadonlyMap<string, readonly SinkRequest[]>;
  /** What happened for each operation, but for what the tool did on its own account. */
  readonly effects: ReadonlyMap<string, readonly SinkEffectLine[]>;
  private readonly evidence: ReadonlyMap<string, readonly EvidenceRecord[]>;

  constructor(readonly testimony: Testimony) {
    const { database, sink } = testimony;
    this.tasks = byKey(database.tasks, ({ id }) => id);
    this.operations = byKey(database.operations, ({ id }) => id);
    this.steps = byKey(database.steps, ({ operationId }) => operationId);
    this.requests = groups(
      sink.filter((line) => line.kind === 'request'),
      ({ operation }) => operation,
    );
    this.effects = groups(
      sink.filter((line) => line.kind === 'effect').filter(({ isOwnFault }) => !isOwnFault),
      ({ operation }) => operation,
    );
    this.evidence = groups(database.evidence, ({ operationId }) => operationId ?? '');
  }

  timesOf(operation: string): number {
    return this.effects.get(operation)?.length ?? 0;
  }

  /** How often it was proven, or said by a person, that an operation had not happened. */
  absencesOf(operation: string, ...kinds: readonly string[]): number {
    const recorded = this.evidence.get(operation) ?? [];
    return recorded.filter(({ kind, finding }) => finding === 'absent' && kinds.includes(kind)).length;
  }
}

const byKey = <T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T> =>
  new Map(items.map((item) => [keyOf(item), item]));

export function groups<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const grouped = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = grouped.get(key);
    if (group) group.push(item);
    else grouped.set(key, [item]);
  }
  return grouped;
}
