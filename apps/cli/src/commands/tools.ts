import { basename } from 'node:path';
import { gather, type ToolContract } from '@muster/client';
import type { CommandContext, DefineCommand } from '../command';
import { readDocument } from '../document-file';
import { safe } from '../render/paint';
import { table } from '../render/table';
import { count } from '../render/words';

export const define: DefineCommand = (command, context) => {
  command.option('--json', 'print JSON').action((options: { json?: boolean }) => list(context, options));
  command
    .command('put')
    .description('register the tool contracts in these YAML or JSON files')
    .argument('<files...>')
    .action((files: string[]) => put(context, files));
};

async function list(context: CommandContext, options: { json?: boolean }): Promise<void> {
  const tools = await gather(context.client().tools.list());
  const { out, err, paint } = context.terminal;
  if (options.json) return out(JSON.stringify(tools, null, 2));
  if (tools.length === 0) return err(`No tools yet. Register one: ${context.programName} tools put FILE`);
  out(
    table(
      tools,
      [
        { title: 'TOOL', of: (tool) => tool.name },
        { title: 'VERSION', of: (tool) => tool.version },
        { title: 'EFFECT', of: (tool) => tool.effect },
        { title: 'TRANSPORT', of: transportOf },
        { title: 'DESCRIPTION', of: (tool) => paint.quiet(safe(tool.description ?? '')) },
      ],
      paint,
    ),
  );
}

function transportOf({ transport }: ToolContract): string {
  if (transport.type === 'http') return safe(`${transport.method} ${transport.url}`);
  if (transport.type === 'model') return safe(`model ${transport.model}`);
  if (transport.type === 'mcp') return safe(`mcp ${transport.server} ${transport.tool}`);
  return safe(
    transport.type === 'process' ? `process ${basename(transport.argv[0]!)}` : `${transport.type} ${transport.name}`,
  );
}

async function put(context: CommandContext, files: readonly string[]): Promise<void> {
  const contracts = files.map((file) => readDocument(file, context.cwd) as unknown as ToolContract);
  const client = context.client();
  for (const contract of contracts) await client.tools.put(contract);
  context.terminal.out(`${context.terminal.paint.good('✓')} ${count(contracts.length, 'tool')} registered.`);
}
