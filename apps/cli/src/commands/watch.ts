import { needsAttention, type Task } from '@muster/client';
import { type CommandContext, type DefineCommand } from '../command';
import { type ExitCode } from '../exit-codes';
import { changeLines, type Snapshot, taskDetail } from '../render/task.view';
import { exitCodeFor, snapshots } from '../watching';

export const define: DefineCommand = (command, context) => {
  command
    .argument('<id>', 'task id, such as tsk_…')
    .option('--json', 'print the events as they come, a JSON object a line')
    .action(async (id: string, options: { json?: boolean }) => {
      context.exitWith(await (options.json ? printEvents(context, id) : watchTask(context, id)));
    });
};

/** Draws the task until it has ended: in place on a terminal, a line for each change elsewhere. */
export async function watchTask(context: CommandContext, id: string): Promise<ExitCode> {
  const { terminal, interrupted } = context;
  const block = terminal.liveBlock();
  let last: Snapshot | undefined;
  try {
    for await (const snapshot of snapshots(context.client(), id, interrupted)) {
      const hint = attentionHint(snapshot.task, context);
      if (block) block.draw([...taskDetail({ ...snapshot, operations: [] }, terminal.paint, Date.now()), ...hint]);
      else print(context, [...changeLines(last, snapshot), ...(last && needsAttention(last.task) ? [] : hint)]);
      last = snapshot;
    }
  } finally {
    block?.end();
  }
  interrupted.throwIfAborted();
  return exitCodeFor(last!.task);
}

const print = ({ terminal }: CommandContext, lines: readonly string[]): void => {
  if (lines.length > 0) terminal.out(lines);
};

/** Where a person is called, what they can type next. */
export function attentionHint(task: Task, { programName, terminal }: CommandContext): string[] {
  if (!needsAttention(task)) return [];
  return [terminal.paint.quiet(`Why, and what you can do: ${programName} explain ${task.id}`)];
}

async function printEvents(context: CommandContext, id: string): Promise<ExitCode> {
  const client = context.client();
  for await (const event of client.tasks.events(id, { signal: context.interrupted })) {
    context.terminal.out(JSON.stringify(event));
  }
  return exitCodeFor(await client.tasks.get(id));
}
