import { isJsonObject, type JsonObject, type McpTransport } from '@muster/domain';
import { CLAIM_TOO_OLD, readJson, type ToolAnswer } from '@muster/ledger';
import { driftOf, type McpConnection, McpServerAwayFault, type McpServers } from '@muster/mcp';
import { type Deadline, type Egress, EgressDeniedFault, startDeadline, untilAborted } from '@muster/resilience';
import { mcpAnswer } from './mcp.answer';
import { McpLink } from './mcp.link';
import { stoppedAfterSend, stoppedBeforeSend } from './not-sent';
import type { Tool, ToolCall } from './tool';

type Unsent = Extract<ToolAnswer, { kind: 'not-sent' | 'rejected' }>;
type Ready = { readonly kind: 'ready'; readonly connection: McpConnection } | Unsent;

/**
 * Calls tools of the operator's MCP servers. A server is no socket of one call: a call that is stopped asks the server to
 * stop, and whether it did nobody knows. So no call of an effect counts as ended, and absence is never proven by time.
 */
export class McpTool implements Tool {
  private readonly links: ReadonlyMap<string, McpLink>;

  constructor(servers: McpServers, egress: Egress) {
    this.links = new Map([...servers].map(([name, server]) => [name, new McpLink(name, server, egress)]));
  }

  async call(call: ToolCall): Promise<ToolAnswer> {
    const { transport } = call.contract;
    if (transport.type !== 'mcp') throw new TypeError(`${call.contract.name} is no tool of an MCP server.`);
    const link = this.links.get(transport.server);
    if (!link) return rejected('mcp_server_unknown', `MCP_SERVERS of this executor has no server ${transport.server}.`);
    const input = readJson(call.request)?.value;
    if (!isJsonObject(input)) return rejected('input_refused', 'A tool of an MCP server takes a JSON object.');
    const deadline = startDeadline(call.timeoutMs, call.signal);
    try {
      const ready = await Promise.race([readyFor(call, transport, link), untilAborted(deadline)]);
      if (!ready || deadline.signal.aborted) return stoppedBeforeSend(deadline);
      return ready.kind === 'ready' ? await exchange(call, transport, link, ready.connection, input, deadline) : ready;
    } finally {
      deadline.clear();
    }
  }

  /** Ends the servers that were started. */
  async close(): Promise<void> {
    await Promise.all([...this.links.values()].map((link) => link.close()));
  }
}

/** A connection on which the tool still is what was registered; nothing has been sent of the call. */
async function readyFor({ contract }: ToolCall, { tool, pin }: McpTransport, link: McpLink): Promise<Ready> {
  try {
    const { connection, tools } = await link.listed();
    const drift = driftOf({ ...contract, pin }, tools.get(tool));
    return drift === undefined ? { kind: 'ready', connection } : drifted(contract.name, drift);
  } catch (error) {
    if (error instanceof EgressDeniedFault) return rejected('egress_denied', error.message);
    if (error instanceof McpServerAwayFault) {
      return { kind: 'not-sent', code: 'mcp_server_away', message: error.message };
    }
    throw error;
  }
}

const drifted = (name: string, drift: string): Unsent =>
  rejected(
    'mcp_drift',
    `${name} is not what was registered: ${drift}. Nothing was sent. Look at the change, and if it is welcome register a new version (muster mcp import).`,
  );

async function exchange(
  call: ToolCall,
  { tool }: McpTransport,
  link: McpLink,
  connection: McpConnection,
  input: JsonObject,
  deadline: Deadline,
): Promise<ToolAnswer> {
  // Starting a server may have taken its time.
  if (!call.mayLeave()) return CLAIM_TOO_OLD;
  const end = await connection.call(tool, input, metaOf(call), deadline.signal);
  // A session that answers with a status, or takes nothing, is not worth another call.
  if (end.kind === 'status' || end.kind === 'unsent') link.retire(connection);
  if (deadline.signal.aborted && end.kind !== 'result' && end.kind !== 'unsent') {
    if (deadline.expired) void link.examine(connection);
    return stoppedAfterSend(deadline);
  }
  return mcpAnswer(end, call.contract.effect);
}

/** What an HTTP tool gets as headers. A server that knows it can refuse duplicates: then its tool may be `keyed`. */
const metaOf = (call: ToolCall): JsonObject => ({
  'muster/operationId': call.operationId,
  'muster/taskId': call.taskId,
  'muster/stepId': call.stepId,
  'muster/attempt': call.attempt,
  'muster/deadline': call.deadline.toISOString(),
  traceparent: call.traceparent,
});

const rejected = (code: string, message: string): Unsent => ({ kind: 'rejected', code, message });
