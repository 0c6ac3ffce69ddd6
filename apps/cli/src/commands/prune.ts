import type { Pruned, TaskState } from '@muster/client';
import { parseAge } from '../arguments';
import type { CommandContext, DefineCommand } from '../command';
import { count, listed, size } from '../render/words';

interface PruneOptions {
  readonly olderThan: number;
  readonly state?: TaskState[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const define: DefineCommand = (command, context) => {
  command
    .requiredOption('--older-than <age>', 'since their end, such as 30d; a day at least', parseAge)
    .option('--state <states>', 'only tasks that ended so, such as completed,failed; default: any end', splitAtCommas)
    .option('--dry-run', 'remove nothing, say what would be removed')
    .option('--json', 'print the sum as JSON')
    .addHelpText('after', '\nIt may be stopped at any moment and run again: it goes on with what is left.')
    .action((options: PruneOptions) => prune(context, options));
};

const splitAtCommas = (text: string): string[] => text.split(',').map((word) => word.trim());

async function prune(context: CommandContext, options: PruneOptions): Promise<void> {
  const { terminal } = context;
  const progress = options.json ? undefined : terminal.liveBlock();
  const { olderThan: olderThanMs, state: states, dryRun = false } = options;
  let sum: Pruned | undefined;
  try {
    for await (const slice of context.client().prune({ olderThanMs, states, dryRun })) {
      sum = added(sum, slice);
      progress?.draw([terminal.paint.quiet(saysOf(sum))]);
      if (context.interrupted.aborted) break;
    }
  } finally {
    progress?.draw([]);
    progress?.end();
  }
  if (sum) tell(context, sum, options);
  context.interrupted.throwIfAborted();
}

function added(sum: Pruned | undefined, { dryRun, removed, kept }: Pruned): Pruned {
  return sum ? { dryRun, removed: plus(sum.removed, removed), kept: plus(sum.kept, kept) } : { dryRun, removed, kept };
}

const plus = <T extends object>(sum: T, more: T): T =>
  Object.fromEntries(Object.entries(sum).map(([name, n]) => [name, n + more[name as keyof T]])) as T;

function tell({ terminal }: CommandContext, sum: Pruned, { json }: PruneOptions): void {
  if (json) return terminal.out(JSON.stringify(sum, null, 2));
  const { good, warn, quiet } = terminal.paint;
  terminal.out(`${good('✓')} ${saysOf(sum)}`);
  const reasons = staying(sum.kept);
  if (reasons.length === 0) return;
  terminal.out(`${warn('!')} They stay however old they are: ${listed(reasons)}.`);
  terminal.out(quiet('  Why: docs/operations.md, How long finished tasks are kept'));
}

function saysOf({ dryRun, removed }: Pruned): string {
  const tasks = `${count(removed.tasks, 'task')} ${dryRun ? 'would be removed' : 'removed'}`;
  if (removed.tasks === 0) return tasks;
  const rows = [
    count(removed.steps, 'step'),
    count(removed.operations, 'operation'),
    count(removed.sendings, 'earlier sending'),
    count(removed.events, 'event'),
    count(removed.plans, 'plan'),
    count(removed.artifacts, 'artifact'),
  ];
  return `${tasks}: ${rows.join(', ')}; ${size(removed.bytes)}`;
}

function staying({ needsAttention, unknownOperation, lateAnswer }: Pruned['kept']): string[] {
  return [
    ...(needsAttention ? [`${count(needsAttention, 'task')} that wait for a person`] : []),
    ...(unknownOperation ? [`${count(unknownOperation, 'task')} with a call of which nobody knows the fate`] : []),
    ...(lateAnswer ? [`${count(lateAnswer, 'task')} with a late answer that says otherwise`] : []),
  ];
}
