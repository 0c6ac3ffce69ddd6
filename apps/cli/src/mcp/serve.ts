import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { CommandContext } from '../command';
import { taskServer } from './task-tools';

/** Serves until the client has gone. Standard output belongs to the protocol: nothing else may write there. */
export async function serve(context: CommandContext): Promise<void> {
  const server = taskServer(context.client());
  const over = new Promise<void>((resolve) => {
    process.stdin.once('end', resolve);
    context.interrupted.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.connect(new StdioServerTransport());
  if (!context.interrupted.aborted) await over;
  await server.close();
}
