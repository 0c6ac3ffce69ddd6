import type { Operation, Task } from '@muster/client';
import { count, listed } from '../render/words';
import { type DeskLine, effectsIn } from './desk-log';

/** One SIGKILL that really ended a process. */
export interface Kill {
  readonly pid: number;
  /** Requests the desk was working on at that moment. */
  readonly inFlight: number;
  readonly effectsBefore: number;
}

/** Everything the verdict rests on: Muster's own word, and the desk's log, which Muster never saw. */
export interface Recording {
  readonly task: Pick<Task, 'state' | 'failure'>;
  /** How many tickets were asked for: pairs of author and area, at both counters. */
  readonly wanted: number;
  /** Operations of the two ticket tools. */
  readonly operations: readonly Operation[];
  readonly log: readonly DeskLine[];
  readonly kills: readonly Kill[];
}

export interface Check {
  readonly holds: boolean;
  readonly says: string;
}

export interface Figures {
  readonly operations: number;
  readonly sendings: number;
  readonly effects: number;
  readonly duplicates: number;
  readonly lost: number;
  readonly phantoms: number;
  readonly resets: number;
  readonly resolutions: Resolutions;
}

/** How each operation whose outcome was unknown for a while came to its end. */
export interface Resolutions {
  readonly unknown: number;
  readonly sentAgainSameKey: number;
  readonly foundByProbe: number;
  readonly provenAbsent: number;
  readonly open: number;
}

export interface Verdict {
  readonly held: boolean;
  readonly checks: readonly Check[];
  readonly figures: Figures;
}

/** Pure: it fails on a duplicate, a loss, a phantom, and on a run in which nothing happened that could prove anything. */
export function judge(recording: Recording): Verdict {
  const figures = figuresOf(recording);
  const checks = [
    taskCheck(recording),
    check(
      figures.operations === recording.wanted && recording.wanted > 0,
      `${figures.operations} operations for ${recording.wanted} tickets`,
    ),
    check(figures.lost === 0, `${figures.lost} lost: every operation is one effect at the desk`),
    check(figures.duplicates === 0, `${figures.duplicates} duplicates: none is two`),
    check(figures.phantoms === 0, `${figures.phantoms} phantoms: no effect without an operation`),
    check(figures.resolutions.open === 0, `${figures.resolutions.open} outcomes unaccounted for`),
    check(figures.resets > 0, `${count(figures.resets, 'acknowledgement')} lost`),
    check(recording.kills.length > 0, `${count(recording.kills.length, 'executor')} killed`),
    check(
      recording.kills.some((kill) => kill.inFlight > 0),
      `${recording.kills.reduce((sum, kill) => sum + kill.inFlight, 0)} calls in flight when it was killed`,
    ),
  ];
  return { held: checks.every((one) => one.holds), checks, figures };
}

const check = (holds: boolean, says: string): Check => ({ holds, says });

function taskCheck({ task }: Recording): Check {
  const why = task.failure ? `: ${task.failure.message ?? task.failure.exitReason ?? ''}` : '';
  return check(task.state === 'completed', `the task is ${task.state}${why}`);
}

function figuresOf({ operations, log }: Recording): Figures {
  const effects = effectsIn(log);
  const effectsFor = (id: string) => effects.filter((effect) => effect.key === id).length;
  const known = new Set(operations.map((operation) => operation.id));
  return {
    operations: operations.length,
    sendings: operations.reduce((sum, operation) => sum + operation.sendings, 0),
    effects: effects.length,
    duplicates: operations.reduce((sum, operation) => sum + Math.max(0, effectsFor(operation.id) - 1), 0),
    lost: operations.filter((operation) => effectsFor(operation.id) === 0).length,
    phantoms: effects.filter((effect) => effect.key === undefined || !known.has(effect.key)).length,
    resets: log.filter((line) => line.what === 'reset').length,
    resolutions: resolutionsOf(operations, log),
  };
}

/**
 * An outcome was unknown where the operation was sent more than once, or where the desk never got its answer out. How it
 * became known is read off the desk's log, which is written outside Muster: what it was sent, and what it was asked.
 */
function resolutionsOf(operations: readonly Operation[], log: readonly DeskLine[]): Resolutions {
  const answered = new Set(log.filter((line) => line.what === 'answered').map((line) => line.key));
  const unknown = operations.filter((operation) => operation.sendings > 1 || !answered.has(operation.id));
  const ways = unknown.map((operation) =>
    wayOf(
      operation,
      log.filter((line) => line.key === operation.id),
    ),
  );
  const counted = (way: Way) => ways.filter((one) => one === way).length;
  return {
    unknown: unknown.length,
    sentAgainSameKey: counted('same key'),
    foundByProbe: counted('found'),
    provenAbsent: counted('absent'),
    open: counted('open'),
  };
}

type Way = 'same key' | 'found' | 'absent' | 'open';

/** `open`: it is not settled, or was settled in a way that nothing at the desk accounts for. */
function wayOf(operation: Operation, lines: readonly DeskLine[]): Way {
  if (operation.state !== 'succeeded') return 'open';
  if (operation.effect === 'keyed') return operation.sendings > 1 ? 'same key' : 'open';
  if (operation.sendings === 1) return lines.some((line) => line.what === 'asked' && line.found) ? 'found' : 'open';
  return wasAbsentBeforeEachResend(lines) ? 'absent' : 'open';
}

/** Between any two deliveries the desk was asked, and last said that there was nothing. */
function wasAbsentBeforeEachResend(lines: readonly DeskLine[]): boolean {
  let absent = true;
  for (const line of lines) {
    if (line.what === 'came' && !absent) return false;
    if (line.what === 'came') absent = false;
    if (line.what === 'asked') absent = line.found === false;
  }
  return lines.some((line) => line.what === 'asked' && line.found === false);
}

/** `9 unknown: 4 sent again with the same key, 4 found by asking and 1 proven absent and sent again`. */
export function resolutionText(resolutions: Resolutions): string {
  const ways = [
    [resolutions.sentAgainSameKey, 'sent again with the same key'],
    [resolutions.foundByProbe, 'found by asking'],
    [resolutions.provenAbsent, 'proven absent and sent again'],
    [resolutions.open, 'unaccounted for'],
  ] as const;
  const told = ways.filter(([n]) => n > 0).map(([n, way]) => `${n} ${way}`);
  return told.length ? `${resolutions.unknown} unknown: ${listed(told)}` : 'none was unknown';
}
