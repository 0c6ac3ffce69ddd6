import type { Explanation } from '@muster/client';
import type { CommandContext, DefineCommand } from '../command';
import { outline } from '../render/outline';
import { safe } from '../render/paint';

export const define: DefineCommand = (command, context) => {
  command
    .argument('<id>', 'task id, such as tsk_…')
    .option('--json', 'print JSON')
    .action(async (id: string, options: { json?: boolean }) => {
      const client = context.client();
      const explanation = await client.tasks.explain(id);
      const { out, paint } = context.terminal;
      if (options.json) return out(JSON.stringify(explanation, null, 2));
      out([...outline(explanation, paint), ...resolveCommands(explanation, context)]);
    });
};

/** The API's own words name its requests; here the same is a command. */
function resolveCommands({ waitingFor }: Explanation, { programName, terminal }: CommandContext): string[] {
  const operations = (Array.isArray(waitingFor) ? waitingFor : [])
    .filter(({ stepState, operationId }) => stepState === 'parked' && operationId)
    .map(({ operationId }) => safe(String(operationId)));
  if (operations.length === 0) return [];
  return [
    '',
    terminal.paint.quiet('From here, once you know:'),
    ...operations.map((id) => `  ${programName} resolve ${id} happened|absent --reason WHY --evidence WHAT_YOU_SAW`),
  ];
}
