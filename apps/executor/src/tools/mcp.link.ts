import { type ListedTool, McpConnection, type McpServer } from '@muster/mcp';
import type { Egress } from '@muster/resilience';

export interface Listed {
  readonly connection: McpConnection;
  readonly tools: ReadonlyMap<string, ListedTool>;
}

/** One server of the operator's list: started or reached at its first call, kept, and replaced once it is dead. */
export class McpLink {
  private kept: Promise<McpConnection> | undefined;
  private readonly closing = new AbortController();
  private readonly ends = new Set<Promise<void>>();

  constructor(
    private readonly name: string,
    private readonly server: McpServer,
    private readonly egress: Egress,
  ) {}

  /** A connection that takes calls, and what it lists. Throws McpServerAwayFault or EgressDeniedFault; the next call tries again. */
  async listed(): Promise<Listed> {
    const connection = await this.connection();
    try {
      return { connection, tools: await connection.listed() };
    } catch (error) {
      // It may have forgotten the session, or hang: it would never list again.
      this.retire(connection);
      throw error;
    }
  }

  /** Calls under way go on with it; the next one gets another. */
  retire(connection: McpConnection): void {
    const end = connection.retire().finally(() => this.ends.delete(end));
    this.ends.add(end);
  }

  /** For a call whose time was up: a slow tool is no reason to lose a server and what it remembers, a dead one is. */
  async examine(connection: McpConnection): Promise<void> {
    if (connection.isUsable && !(await connection.isResponsive())) this.retire(connection);
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('The executor is shutting down.'));
    const connection = await this.kept?.catch(() => undefined);
    await Promise.all([connection?.close(), ...this.ends]);
  }

  private async connection(): Promise<McpConnection> {
    for (;;) {
      this.kept ??= this.open();
      const { kept } = this;
      const connection = await kept;
      if (connection.isUsable) return connection;
      if (this.kept === kept) this.kept = undefined;
    }
  }

  private open(): Promise<McpConnection> {
    const opening = McpConnection.open(this.name, this.server, this.egress, this.closing.signal);
    const forget = () => {
      if (this.kept === opening) this.kept = undefined;
    };
    opening.catch(forget);
    return opening;
  }
}
