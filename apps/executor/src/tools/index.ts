import type { ModelSettings } from '@muster/chassis';
import { readMcpServers } from '@muster/mcp';
import { Models } from '@muster/models';
import { Egress } from '@muster/resilience';
import { BuiltinTool } from './builtin/builtin.tool';
import { HttpTool } from './http.tool';
import { McpTool } from './mcp.tool';
import { ModelTool } from './model.tool';
import { ProcessTool } from './process.tool';
import { ToolRegistry } from './tool.registry';

export * from './tool';
export { ToolRegistry } from './tool.registry';
export * from './tool-health';

/**
 * `egressAllow`: EGRESS_ALLOW, see `Egress`. `processAllow`: PROCESS_ALLOW, see `ProcessTool`. `models`: MODELS.
 * `mcpServers`: MCP_SERVERS, see `readMcpServers`. Throws on entries it cannot read.
 */
export interface ToolSettings {
  readonly egressAllow: readonly string[];
  readonly processAllow: readonly string[];
  readonly models: ModelSettings;
  readonly mcpServers?: string;
}

export function createTools({ egressAllow, processAllow, models, mcpServers }: ToolSettings): ToolRegistry {
  const egress = new Egress(egressAllow);
  return new ToolRegistry(
    new HttpTool(egress),
    new ProcessTool(processAllow),
    new BuiltinTool(),
    new ModelTool(new Models(models)),
    new McpTool(readMcpServers(mcpServers), egress),
  );
}
