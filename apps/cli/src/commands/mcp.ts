import { collect, parseDuration } from '../arguments';
import type { DefineCommand } from '../command';
import type { ImportOptions } from '../mcp/import';
import type { ListOptions } from '../mcp/list';

// The SDK is loaded by the command that runs, not by its help.
export const define: DefineCommand = (command, context) => {
  const servers = ['--servers <file|json>', 'the MCP servers (else MCP_SERVERS)'] as const;
  command
    .command('list')
    .description('list the tools of an MCP server, with what it claims about them')
    .argument('<server>', 'its name in MCP_SERVERS')
    .option(...servers)
    .option('--json', 'print JSON')
    .action((server: string, options: ListOptions) => list().listTools(context, server, options));
  command
    .command('import')
    .description('register the tools of an MCP server whose effect class you name; all others stay denied')
    .argument('<server>', 'its name in MCP_SERVERS')
    .option(...servers)
    .option('--effect <tool=class>', 'what the tool does to the world, in your judgement; repeatable', collect, [])
    .option(
      '--dedupe-window <duration>',
      'how long the server refuses duplicates of an operation; keyed needs it',
      parseDuration,
    )
    .option('--as-version <version>', 'version of the contracts', '1')
    .option('--prefix <name>', "what the contracts' names begin with (default: the server's name)")
    .option('--out <folder>', 'write the contracts there, to be edited, instead of registering them')
    .addHelpText(
      'after',
      '\nExample: muster mcp import memory --effect read_graph=none --effect create_entities=opaque',
    )
    .action((server: string, options: ImportOptions) => importer().importTools(context, server, options));
  command
    .command('serve')
    .description('speak MCP on standard input and output: submit, get, explain and cancel tasks')
    .action(() => server().serve(context));
};

const list = (): typeof import('../mcp/list') => require('../mcp/list');
const importer = (): typeof import('../mcp/import') => require('../mcp/import');
const server = (): typeof import('../mcp/serve') => require('../mcp/serve');
