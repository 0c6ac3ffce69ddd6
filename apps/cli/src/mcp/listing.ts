import { resolve } from 'node:path';
import { type ListedTool, McpConnection, readMcpServers } from '@muster/mcp';
import { Egress } from '@muster/resilience';
import type { CommandContext } from '../command';
import { UsageFault } from '../usage.fault';

/** A person's own command line goes where that person tells it to. */
const ANYWHERE = ['0.0.0.0/0', '::/0'];

/** What the server lists now. It is started or reached for that, and left again. */
export async function toolsOf(context: CommandContext, name: string, setting?: string): Promise<ListedTool[]> {
  const servers = readMcpServers(located(setting ?? context.env.MCP_SERVERS, context.cwd), context.env);
  const server = servers.get(name);
  if (!server) throw new UsageFault(unknown(name, [...servers.keys()]));
  const connection = await McpConnection.open(name, server, new Egress(ANYWHERE), context.interrupted);
  try {
    return [...(await connection.listed()).values()];
  } finally {
    await connection.close();
  }
}

/** A path on the command line is meant from where the person stands. */
const located = (setting: string | undefined, cwd: string): string | undefined =>
  !setting || setting.trimStart().startsWith('{') ? setting : resolve(cwd, setting);

const unknown = (name: string, known: readonly string[]): string =>
  known.length === 0
    ? 'No MCP servers are configured: name them in MCP_SERVERS or with --servers (docs/mcp.md).'
    : `There is no MCP server '${name}'; there is ${known.join(', ')}.`;

/** What a server claims, in a few words. Never a reason to believe it. */
export function claimsOf({ claims }: ListedTool): string {
  const words = [
    claims.readOnlyHint === true && 'read-only',
    claims.destructiveHint === true && claims.readOnlyHint !== true && 'destructive',
    claims.idempotentHint === true && 'idempotent',
    claims.openWorldHint === true && 'open world',
  ].filter((word) => word !== false);
  return words.join(', ') || 'nothing';
}

export const HINT = 'What a server claims is a hint and is believed by nobody: the effect class is your word.';
