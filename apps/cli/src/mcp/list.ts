import { pinOf } from '@muster/mcp';
import type { CommandContext } from '../command';
import { safe } from '../render/paint';
import { table } from '../render/table';
import { claimsOf, HINT, toolsOf } from './listing';

export interface ListOptions {
  readonly servers?: string;
  readonly json?: boolean;
}

export async function listTools(context: CommandContext, server: string, options: ListOptions): Promise<void> {
  const tools = await toolsOf(context, server, options.servers);
  const { out, err, paint } = context.terminal;
  if (options.json) {
    return out(
      JSON.stringify(
        tools.map((tool) => ({ ...tool, pin: pinOf(tool) })),
        null,
        2,
      ),
    );
  }
  if (tools.length === 0) return err(`${server} lists no tools.`);
  const columns = [
    { title: 'TOOL', of: ({ name }: (typeof tools)[number]) => safe(name) },
    { title: 'THE SERVER CLAIMS', of: claimsOf },
    {
      title: 'DESCRIPTION',
      of: ({ description }: (typeof tools)[number]) => paint.quiet(safe(firstLine(description))),
    },
  ];
  out([...table(tools, columns, paint), '', HINT]);
}

const DESCRIPTION_SHOWN_MAX = 80;

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line.length > DESCRIPTION_SHOWN_MAX ? `${line.slice(0, DESCRIPTION_SHOWN_MAX - 1)}…` : line;
}
