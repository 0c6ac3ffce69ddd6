import type { DefineCommand } from '../command';
import { taskDetail } from '../render/task.view';
import { lookAt } from '../watching';

export const define: DefineCommand = (command, context) => {
  command
    .argument('<id>', 'task id, such as tsk_…')
    .option('--json', 'print JSON')
    .action(async (id: string, options: { json?: boolean }) => {
      const snapshot = await lookAt(context.client(), id, context.interrupted);
      const { out, paint } = context.terminal;
      out(options.json ? JSON.stringify(snapshot, null, 2) : taskDetail(snapshot, paint, Date.now()));
    });
};
