import { conditionOf, type Operation, type Step, type Task, type TaskState } from '@muster/client';
import { type Paint, safe } from './paint';
import { failureText, stepTree, wordFor } from './step-tree';
import { pairs, table } from './table';
import { ago, count, duration } from './words';

export interface Snapshot {
  readonly task: Task;
  readonly steps: readonly Step[];
  readonly operations: readonly Operation[];
}

const TONES: Record<TaskState, keyof Paint> = {
  accepted: 'active',
  planning: 'active',
  running: 'active',
  verifying: 'active',
  compensating: 'warn',
  completed: 'good',
  failed: 'bad',
  cancelled: 'quiet',
};

export const taskState = (task: Task, paint: Paint): string => paint[TONES[task.state] ?? 'strong'](task.state);

const labelsOf = (task: Task): string =>
  Object.entries(task.labels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

/** A line each, newest first as the list comes. */
export function taskTable(tasks: readonly Task[], paint: Paint, now: number): string[] {
  return table(
    tasks,
    [
      { title: 'TASK', of: (task) => task.id },
      { title: 'STATE', of: (task) => taskState(task, paint) },
      { title: 'STEPS', of: stepCounts },
      { title: 'CREATED', of: (task) => ago(task.createdAt, now) },
      { title: 'LABELS', of: (task) => safe(labelsOf(task)) },
      { title: 'NOTE', of: (task) => noteOf(task, paint) },
    ],
    paint,
  );
}

function stepCounts(task: Task): string {
  const counts = Object.values(task.counts ?? {});
  const total = counts.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  return total ? `${task.counts.succeeded ?? 0}/${total}` : '';
}

function noteOf(task: Task, paint: Paint): string {
  const attention = conditionOf(task, 'NeedsAttention');
  if (attention) return paint.warn(safe(`needs attention: ${attention.message ?? attention.reason ?? 'see explain'}`));
  return task.failure ? paint.bad(failureText(task.failure)) : '';
}

/** A task and what came of it, for the end of a wait. */
export function taskLine(task: Task, paint: Paint): string {
  const output = task.output === undefined || task.output === null ? '' : safe(JSON.stringify(task.output));
  return [paint.strong(task.id), taskState(task, paint), output, noteOf(task, paint)].filter(Boolean).join('  ');
}

/** Everything about one task: its head, its steps, and what was sent. */
export function taskDetail(snapshot: Snapshot, paint: Paint, now: number): string[] {
  const { task, steps, operations } = snapshot;
  return [
    ...taskHead(task, paint, now),
    '',
    paint.strong('Steps'),
    ...indented(stepTree(steps, operations, { paint, now })),
    ...(operations.length ? ['', paint.strong('Operations'), ...indented(operationTable(operations, paint))] : []),
    ...standingEffects(task, paint),
  ];
}

function taskHead(task: Task, paint: Paint, now: number): string[] {
  const took = Date.parse(task.finishedAt ?? '') - Date.parse(task.createdAt);
  return [
    `${paint.strong(task.id)}  ${taskState(task, paint)}${Number.isNaN(took) ? '' : paint.quiet(` in ${duration(took)}`)}`,
    ...pairs(
      [
        ['created', ago(task.createdAt, now)],
        ['labels', safe(labelsOf(task))],
        ['note', noteOf(task, paint)],
        ['output', task.output === undefined || task.output === null ? '' : safe(JSON.stringify(task.output))],
      ],
      paint,
    ),
  ];
}

function operationTable(operations: readonly Operation[], paint: Paint): string[] {
  return table(
    operations,
    [
      { title: 'OPERATION', of: (operation) => operation.id },
      { title: 'STEP', of: (operation) => safe(operation.stepKey) },
      { title: 'TOOL', of: (operation) => operation.tool },
      { title: 'EFFECT', of: (operation) => operation.effect },
      { title: 'STATE', of: (operation) => operationState(operation, paint) },
      { title: 'SENT', of: (operation) => String(operation.sendings), align: 'right' },
      { title: 'EVIDENCE', of: evidenceOf },
    ],
    paint,
  );
}

/** `probe, 4 × sending`: the kinds in the order in which they came. */
function evidenceOf({ evidence }: Operation): string {
  const kinds = Map.groupBy(evidence, ({ kind }) => kind);
  return safe([...kinds].map(([kind, { length }]) => (length > 1 ? `${length} × ${kind}` : kind)).join(', '));
}

function operationState(operation: Operation, paint: Paint): string {
  if (operation.state === 'succeeded') return paint.good(operation.state);
  if (operation.state === 'failed') return paint.bad(operation.state);
  return operation.state === 'unknown' ? paint.warn(operation.state) : operation.state;
}

function standingEffects(task: Task, paint: Paint): string[] {
  const effects = task.standingEffects ?? [];
  if (effects.length === 0) return [];
  return [
    '',
    paint.warn(`${count(effects.length, 'standing effect')}, not undone`),
    ...effects.map((effect) => `  ${effect.operationId}  ${effect.tool}  ${effect.state}`),
  ];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** What changed between two looks at a task, a line each: the live tree for a log file. */
export function changeLines(before: Snapshot | undefined, after: Snapshot): string[] {
  const known = new Map(before?.steps.map((step) => [step.key, wordFor(step)]));
  const sendings = new Map(before?.operations.map((operation) => [operation.id, operation.sendings]));
  const steps = after.steps
    .filter((step) => known.get(step.key) !== wordFor(step) && step.state !== 'pending')
    // Between its answer and the coordinator's look at it a step is dispatched again: no news for a person.
    .filter((step) => !(step.state === 'dispatched' && known.get(step.key) === 'executing'))
    .map((step) => `${safe(step.key)} ${wordFor(step)}${step.failure ? ` (${failureText(step.failure)})` : ''}`);
  const resent = after.operations
    .filter((operation) => operation.sendings > Math.max(1, sendings.get(operation.id) ?? 0))
    .map((operation) => `${safe(operation.stepKey)} sent again (${operation.sendings})`);
  const attention = conditionOf(after.task, 'NeedsAttention');
  const task = [
    ...(attention && (!before || !conditionOf(before.task, 'NeedsAttention'))
      ? [safe(`task needs attention: ${attention.message ?? attention.reason ?? ''}`)]
      : []),
    ...(before?.task.state === after.task.state ? [] : [`task ${after.task.state}`]),
  ];
  return [...resent, ...steps, ...task];
}
