import { tmpdir } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { Fault, type JsonObject } from '@muster/domain';
import { type Egress, EgressDeniedFault } from '@muster/resilience';
import { causesOf, endOfFailure, type McpCallEnd, type McpResult } from './call-end';
import { guardedFetch, postUnderWay } from './guarded-fetch';
import { MCP_LIMITS } from './limits';
import type { ListedTool } from './listed-tool';
import type { HttpServer, McpServer, StdioServer } from './servers';
import { listTools, RESULT } from './wire';

/** The server could not be started or reached, or does not speak the protocol. Nothing of a call has left. */
export class McpServerAwayFault extends Fault {
  readonly code = 'MCP_SERVER_AWAY';
  readonly retryable = true;
  constructor(server: string, why: string) {
    super(`The MCP server ${server} is not there: ${why}`, 'Start it by hand, as MCP_SERVERS says, to see why.');
  }
}

interface Wire {
  readonly transport: Transport;
  /** The end of what the server wrote for people. */
  stderr(): string;
  /** Whether the server knows us by a session, which it may forget. */
  hasSession(): boolean;
  /** Tells the server that its session is over. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

/** One connection to one server, shared by all calls of its tools. */
export class McpConnection {
  private tools: Promise<ReadonlyMap<string, ListedTool>> | undefined;
  private listedAt = 0;
  private underWay = 0;
  private retired = false;
  private ended = false;

  private constructor(
    private readonly name: string,
    private readonly client: Client,
    private readonly wire: Wire,
  ) {
    client.onclose = () => {
      this.ended = true;
    };
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      this.tools = undefined;
    });
  }

  /** Starts or reaches the server, shakes hands and lists. Throws McpServerAwayFault or EgressDeniedFault. */
  static async open(
    name: string,
    server: McpServer,
    egress: Egress,
    signal = new AbortController().signal,
  ): Promise<McpConnection> {
    const wire = server.kind === 'stdio' ? stdioWire(server) : httpWire(server, egress);
    const client = new Client({ name: 'muster', version: '1' }, { capabilities: {} });
    const connection = new McpConnection(name, client, wire);
    try {
      await client.connect(wire.transport, { signal, timeout: MCP_LIMITS.OPEN_TIMEOUT_MS });
      await connection.listed();
      return connection;
    } catch (error) {
      const fault = connection.away(error);
      await connection.close();
      throw fault;
    }
  }

  /** Whether further calls may be given to it. */
  get isUsable(): boolean {
    return !this.ended && !this.retired;
  }

  /** Everything the server lists, asked for anew when it may have changed. Throws McpServerAwayFault or EgressDeniedFault. */
  async listed(): Promise<ReadonlyMap<string, ListedTool>> {
    if (performance.now() - this.listedAt > MCP_LIMITS.LIST_FRESH_MS) this.tools = undefined;
    this.tools ??= this.list();
    const asked = this.tools;
    try {
      return await asked;
    } catch (error) {
      if (this.tools === asked) this.tools = undefined;
      throw this.away(error);
    }
  }

  /** Makes one call. Never throws: whatever the server does is a value. An abort asks the server to stop, too. */
  async call(tool: string, input: JsonObject, meta: JsonObject, signal: AbortSignal): Promise<McpCallEnd> {
    if (this.ended) return { kind: 'unsent', code: 'mcp_server_away', message: 'The connection had ended before.' };
    this.underWay++;
    let streamOver: () => void = () => undefined;
    const cut = new Promise<McpCallEnd>((resolve) => {
      // The last event of the stream is read, in microtasks, before this.
      streamOver = () => void setImmediate(() => resolve(CUT));
    });
    try {
      const sending = postUnderWay.run({ signal, over: streamOver }, () => this.send(tool, input, meta, signal));
      return await Promise.race([sending, cut]);
    } finally {
      this.underWay--;
      if (this.retired) void this.closeWhenIdle();
    }
  }

  /** False where the server does not even answer a ping. */
  async isResponsive(): Promise<boolean> {
    try {
      await this.client.ping({ timeout: MCP_LIMITS.PING_TIMEOUT_MS });
      return true;
    } catch {
      // Whatever it is, the question was whether there is an answer.
      return false;
    }
  }

  /** Takes no further calls; closes when those under way have ended. */
  async retire(): Promise<void> {
    this.retired = true;
    await this.closeWhenIdle();
  }

  /** Ends at once; calls under way are lost. */
  async close(): Promise<void> {
    if (!this.ended) await this.wire.leave();
    await this.client.close();
    await this.wire.close();
  }

  private async send(tool: string, input: JsonObject, meta: JsonObject, signal: AbortSignal): Promise<McpCallEnd> {
    try {
      const request = { method: 'tools/call' as const, params: { name: tool, arguments: input, _meta: meta } };
      const result = await this.client.request(request, RESULT, { signal, timeout: MCP_LIMITS.TIMER_MS_MAX });
      return { kind: 'result', result: result as McpResult };
    } catch (error) {
      const end = endOfFailure(error, this.ended);
      // The protocol's own word for a session that is over: the server has not looked at the request.
      if (end.kind !== 'status' || end.status !== NOT_FOUND || !this.wire.hasSession()) return end;
      return { kind: 'unsent', code: 'mcp_session_lost', message: 'The server has forgotten the session.' };
    }
  }

  private list(): Promise<ReadonlyMap<string, ListedTool>> {
    this.listedAt = performance.now();
    return listTools(this.client);
  }

  private away(error: unknown): Fault {
    if (error instanceof McpServerAwayFault) return error;
    const denied = causesOf(error).find((one) => one instanceof EgressDeniedFault);
    if (denied) return denied;
    const end = endOfFailure(error, this.ended);
    const said = this.wire.stderr();
    const why = 'message' in end ? end.message : end.kind;
    return new McpServerAwayFault(this.name, said === '' ? why : `${why} It wrote: ${said}`);
  }

  private async closeWhenIdle(): Promise<void> {
    if (this.underWay === 0) await this.close();
  }
}

const NOT_FOUND = 404;

const CUT: McpCallEnd = { kind: 'lost', why: 'reset', message: 'The stream ended before the answer.' };

function stdioWire({ command, cwd, env }: StdioServer): Wire {
  const [program = '', ...args] = command;
  const transport = new StdioClientTransport({
    command: program,
    args,
    env: { ...env },
    cwd: cwd ?? tmpdir(),
    stderr: 'pipe',
    maxBufferSize: MCP_LIMITS.MESSAGE_BYTES_MAX,
  });
  let tail = Buffer.alloc(0);
  transport.stderr?.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-MCP_LIMITS.STDERR_TAIL_BYTES_MAX);
  });
  return {
    transport,
    stderr: () => tail.toString('utf8').trim(),
    hasSession: () => false,
    leave: () => Promise.resolve(),
    close: () => transport.close(),
  };
}

function httpWire({ url, headers }: HttpServer, egress: Egress): Wire {
  const { fetch, close } = guardedFetch(egress);
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch,
    requestInit: { headers: { ...headers } },
  });
  return {
    transport,
    stderr: () => '',
    hasSession: () => transport.sessionId !== undefined,
    leave: () => leave(transport),
    close,
  };
}

async function leave(transport: StreamableHTTPClientTransport): Promise<void> {
  const time = setTimeout(MCP_LIMITS.LEAVE_TIMEOUT_MS, undefined, { ref: false });
  // A server that is gone, or keeps no sessions, need not be told.
  await Promise.race([transport.terminateSession().catch(() => undefined), time]);
}
