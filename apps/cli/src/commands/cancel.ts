import type { DefineCommand } from '../command';

interface CancelOptions {
  readonly reason: string;
  readonly json?: boolean;
}

export const define: DefineCommand = (command, context) => {
  command
    .argument('<id>', 'task id, such as tsk_…')
    .requiredOption('--reason <text>', 'kept in the history')
    .option('--json', 'print JSON')
    .action(async (id: string, { reason, json }: CancelOptions) => {
      const client = context.client();
      const task = await client.tasks.cancel(id, { reason });
      const { out, paint } = context.terminal;
      if (json) return out(JSON.stringify(task, null, 2));
      out([
        `${paint.good('✓')} ${id} is being cancelled; nothing new is sent for it.`,
        paint.quiet(`See what stands: ${context.programName} show ${id}`),
      ]);
    });
};
