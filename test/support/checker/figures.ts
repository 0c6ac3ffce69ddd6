import type { Testimony } from './evidence';

/** What a run came to, counted from the three witnesses. */
export interface Figures {
  readonly submissions: number;
  readonly tasks: Readonly<Record<string, number>>;
  readonly waitingForPerson: number;
  readonly operations: number;
  readonly sendings: number;
  readonly resends: number;
  /** Sendings whose outcome was unknown to their sender, or that were settled by somebody else. */
  readonly unknownOutcomes: number;
  readonly lateAnswers: number;
  readonly requests: number;
  /** What changed something outside or in our own database; reads are apart. */
  readonly effects: number;
  readonly effectsByClass: Readonly<Record<string, number>>;
  readonly probes: number;
  readonly personsWords: number;
  /** Answers of success by tools that had done nothing. */
  readonly liesTold: number;
}

export function figuresOf({ sink, submissions, database }: Testimony): Figures {
  const { tasks, operations, sendings, evidence } = database;
  const sent = sum(operations, (operation) => operation.sendings);
  const byClass = tally(sink.filter((line) => line.kind === 'effect').map(({ effect }) => effect));
  const artifacts = sum(operations, (operation) => operation.artifacts);
  const effectsByClass = { ...byClass, transactional: artifacts };
  const { none: _reads, ...changing } = effectsByClass as Record<string, number>;
  const requests = sink.filter((line) => line.kind === 'request');
  return {
    submissions: submissions.length,
    tasks: tally(tasks.map(({ state }) => state)),
    waitingForPerson: tasks.filter(({ attention }) => attention).length,
    operations: operations.length,
    sendings: sent,
    resends: sent - operations.length,
    unknownOutcomes:
      sendings.filter(({ outcome, late }) => outcome === 'unknown' && !late).length +
      operations.filter(({ resolver }) => resolver !== null && resolver !== 'answer').length,
    lateAnswers: sendings.filter(({ late }) => late).length,
    requests: requests.length,
    effects: sum(Object.values(changing), (count) => count),
    effectsByClass,
    probes: sink.filter(({ kind }) => kind === 'probe').length,
    personsWords: evidence.filter(({ kind }) => kind === 'resolution').length,
    liesTold: requests.filter(({ behaviour }) => behaviour === 'phantom').length,
  };
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((all, item) => all + of(item), 0);

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
