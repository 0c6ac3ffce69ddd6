import type { DefineCommand } from '../command';
import { outline } from '../render/outline';

export const define: DefineCommand = (command, context) => {
  command
    .argument('<id>', 'task id, such as tsk_…')
    .option('--json', 'print JSON')
    .action(async (id: string, options: { json?: boolean }) => {
      const client = context.client();
      const explanation = await client.tasks.explain(id);
      const { out, paint } = context.terminal;
      out(options.json ? JSON.stringify(explanation, null, 2) : outline(explanation, paint));
    });
};
