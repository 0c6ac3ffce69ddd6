import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { JsonObject } from '@muster/domain';
import { z } from 'zod';
import { MCP_LIMITS } from './limits';
import type { ListedTool, ToolClaims } from './listed-tool';

const OBJECT = z.record(z.string(), z.unknown());
const BLOCK = z.looseObject({ type: z.string() });

/** What is read of an answer; the schemas of the SDK would refuse content of kinds that came after them. */
export const RESULT = z
  .looseObject({
    content: z.array(BLOCK).optional(),
    structuredContent: OBJECT.optional(),
    isError: z.boolean().optional(),
  })
  .refine((result) => result.content !== undefined || result.structuredContent !== undefined, {
    message: 'has neither content nor structuredContent',
  });

const TOOL = z.looseObject({
  name: z.string().min(1),
  description: z.string().optional(),
  inputSchema: OBJECT,
  outputSchema: OBJECT.optional(),
  annotations: OBJECT.optional(),
});
const PAGE = z.looseObject({ tools: z.array(TOOL), nextCursor: z.string().optional() });

/**
 * Every page of a server's tools. Not by the SDK's own `listTools`: it compiles each schema that a stranger wrote, and
 * drops the whole list for one that it does not like.
 */
export async function listTools(client: Client): Promise<ReadonlyMap<string, ListedTool>> {
  const listed = new Map<string, ListedTool>();
  if (client.getServerCapabilities()?.tools === undefined) return listed;
  let cursor: string | undefined;
  for (let page = 0; page < MCP_LIMITS.LIST_PAGES_MAX; page++) {
    const request = { method: 'tools/list' as const, params: cursor === undefined ? {} : { cursor } };
    const { tools, nextCursor } = await client.request(request, PAGE, { timeout: MCP_LIMITS.LIST_TIMEOUT_MS });
    for (const tool of tools) listed.set(tool.name, listedTool(tool));
    if (nextCursor === undefined || listed.size >= MCP_LIMITS.TOOLS_MAX) break;
    cursor = nextCursor;
  }
  return listed;
}

const listedTool = (tool: z.infer<typeof TOOL>): ListedTool => ({
  name: tool.name,
  description: tool.description ?? '',
  input: undialected(tool.inputSchema as JsonObject),
  ...(tool.outputSchema === undefined ? {} : { output: undialected(tool.outputSchema as JsonObject) }),
  claims: (tool.annotations ?? {}) as ToolClaims,
});

/** Contracts are JSON Schema 2020-12; servers name all sorts of dialects, and mean the keywords that all of them share. */
const undialected = ({ $schema: _dialect, ...schema }: JsonObject): JsonObject => schema;
