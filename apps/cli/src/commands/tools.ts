import { basename } from 'node:path';
import type { ToolContract } from '@muster/client';
import type { DefineCommand } from '../command';
import { safe } from '../render/paint';
import { defineRegistry } from './registry';

export const define: DefineCommand = (command, context) =>
  defineRegistry<ToolContract>(command, context, {
    noun: 'tool',
    files: 'tool contracts',
    list: ({ client }) => client().tools.list(),
    put: ({ client }, tool) => client().tools.put(tool),
    columns: ({ terminal: { paint } }) => [
      { title: 'TOOL', of: (tool) => tool.name },
      { title: 'VERSION', of: (tool) => tool.version },
      { title: 'EFFECT', of: (tool) => tool.effect },
      { title: 'TRANSPORT', of: transportOf },
      { title: 'DESCRIPTION', of: (tool) => paint.quiet(safe(tool.description ?? '')) },
    ],
  });

function transportOf({ name, transport }: ToolContract): string {
  if (transport.type === 'http') return safe(`${transport.method} ${transport.url}`);
  if (transport.type === 'model') return safe(`model ${transport.model}`);
  if (transport.type === 'mcp') return safe(`mcp ${transport.server} ${transport.tool}`);
  if (transport.type === 'function') return safe(`function ${transport.name ?? name}`);
  return safe(
    transport.type === 'process' ? `process ${basename(transport.argv[0]!)}` : `${transport.type} ${transport.name}`,
  );
}
