import { assertNever, type Transport } from '@muster/domain';
import { CLAIM_TOO_OLD, type ToolAnswer } from '@muster/ledger';
import type { BuiltinTool } from './builtin/builtin.tool';
import type { HttpTool } from './http.tool';
import type { McpTool } from './mcp.tool';
import type { ModelTool } from './model.tool';
import type { ProcessTool } from './process.tool';
import type { Tool, ToolCall } from './tool';

/** Every way to the outside, chosen by the contract's transport. */
export class ToolRegistry implements Tool {
  constructor(
    private readonly http: HttpTool,
    private readonly program: ProcessTool,
    private readonly builtin: BuiltinTool,
    private readonly model: ModelTool,
    private readonly mcp: McpTool,
  ) {}

  call(call: ToolCall): Promise<ToolAnswer> {
    return call.mayLeave() ? this.toolFor(call.contract.transport).call(call) : Promise.resolve(CLAIM_TOO_OLD);
  }

  /** Ends the connections that are kept and the servers that were started; calls in flight end as `reset`. */
  async close(): Promise<void> {
    await Promise.all([this.http.close(), this.model.close(), this.mcp.close()]);
  }

  private toolFor(transport: Transport): Tool {
    switch (transport.type) {
      case 'http':
        return this.http;
      case 'process':
        return this.program;
      case 'builtin':
        return this.builtin;
      case 'model':
        return this.model;
      case 'mcp':
        return this.mcp;
      default:
        return assertNever(transport);
    }
  }
}
