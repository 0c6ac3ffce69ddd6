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
      if (block) block.draw(taskDetail({ ...snapshot, operations: [] }, terminal.paint, Date.now()));
      else terminal.out(changeLines(last, snapshot));
      last = snapshot;
    }
  } finally {
    block?.end();
  }
  interrupted.throwIfAborted();
  return exitCodeFor(last!.task);
}

async function printEvents(context: CommandContext, id: string): Promise<ExitCode> {
  const client = context.client();
  for await (const event of client.tasks.events(id, { signal: context.interrupted })) {
    context.terminal.out(JSON.stringify(event));
  }
  return exitCodeFor(await client.tasks.get(id));
}
