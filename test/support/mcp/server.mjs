/**
 * An MCP server that keeps an honest log and misbehaves when it is told to. Its folder holds `tools.json` (what it lists;
 * a change of the file is told to its clients) and `log` (one JSON line for each list and each call, written before
 * anything else is done). A call's argument `do` says how it behaves: ok (default) answers `{ done: true }` · wrong
 * answers with a number where a boolean was promised · words answers with content only · error answers `isError` ·
 * fault answers with an error of the protocol · hang never answers · die ends the process · freeze stops it.
 *
 * Usage: server.mjs FOLDER [PORT]; with a port (0: any) it speaks streamable HTTP and prints its address.
 */
import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync, watch } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, ListToolsRequestSchema, McpError } from '@modelcontextprotocol/sdk/types.js';

const [folder, port] = process.argv.slice(2);
const TOOLS = 'tools.json';
const NOT_FOUND = 404;
const INTERNAL_ERROR = -32603;

const tools = () => JSON.parse(readFileSync(join(folder, TOOLS), 'utf8'));
const note = (line) => appendFileSync(join(folder, 'log'), `${JSON.stringify({ pid: process.pid, ...line })}\n`);
const never = () => new Promise(() => undefined);

const BEHAVIOURS = {
  ok: () => ({ content: [{ type: 'text', text: 'done' }], structuredContent: { done: true } }),
  wrong: () => ({ content: [{ type: 'text', text: 'done' }], structuredContent: { done: 7 } }),
  words: () => ({ content: [{ type: 'text', text: 'done' }] }),
  error: () => ({ content: [{ type: 'text', text: 'The disk is full.' }], isError: true }),
  fault: () => {
    throw new McpError(INTERNAL_ERROR, 'broken inside');
  },
  hang: never,
  die: () => process.kill(process.pid, 'SIGKILL'),
  freeze: () => {
    process.kill(process.pid, 'SIGSTOP');
    return never();
  },
};

const servers = new Set();

function aServer() {
  const server = new Server({ name: 'fickle', version: '1' }, { capabilities: { tools: { listChanged: true } } });
  server.setRequestHandler(ListToolsRequestSchema, () => {
    const listed = tools();
    note({ what: 'list' });
    return { tools: listed };
  });
  server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) => {
    note({ what: 'call', name: params.name, arguments: params.arguments, meta: params._meta });
    signal.addEventListener('abort', () => note({ what: 'cancelled', name: params.name }));
    return BEHAVIOURS[params.arguments?.do ?? 'ok']();
  });
  servers.add(server);
  return server;
}

watch(folder, (_event, name) => {
  if (name !== TOOLS) return;
  for (const server of servers) server.sendToolListChanged().catch(() => servers.delete(server));
}).unref();

async function serveHttp() {
  const sessions = new Map();
  const http = createServer(async (request, response) => {
    const known = sessions.get(request.headers['mcp-session-id']);
    if (request.headers['mcp-session-id'] && !known) return response.writeHead(NOT_FOUND).end('Session not found');
    const transport =
      known ??
      new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => sessions.set(id, transport),
      });
    if (!known) await aServer().connect(transport);
    await transport.handleRequest(request, response);
  });
  await new Promise((resolve) => http.listen(Number(port), '127.0.0.1', resolve));
  console.log(`http://127.0.0.1:${http.address().port}/mcp`);
}

if (port === undefined) await aServer().connect(new StdioServerTransport());
else await serveHttp();
