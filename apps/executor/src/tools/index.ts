import type { ModelSettings } from '@muster/chassis';
import { readMcpServers } from '@muster/mcp';
import { Models } from '@muster/models';
import { Egress } from '@muster/resilience';
import { BuiltinTool } from './builtin/builtin.tool';
import { loadFunctions } from './function.modules';
import { FunctionTool } from './function.tool';
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
 * `mcpServers`: MCP_SERVERS, see `readMcpServers`. `executorFunctions`: EXECUTOR_FUNCTIONS, see `loadFunctions`.
 */
export interface ToolSettings {
  readonly egressAllow: readonly string[];
  readonly processAllow: readonly string[];
  readonly models: ModelSettings;
  readonly mcpServers?: string;
  readonly executorFunctions: readonly string[];
}

/** Throws on entries that it cannot read. */
export async function createTools(settings: ToolSettings): Promise<ToolRegistry> {
  const { egressAllow, processAllow, models, mcpServers, executorFunctions } = settings;
  const egress = new Egress(egressAllow);
  return new ToolRegistry({
    http: new HttpTool(egress),
    process: new ProcessTool(processAllow),
    builtin: new BuiltinTool(),
    mcp: new McpTool(readMcpServers(mcpServers), egress),
    function: new FunctionTool(await loadFunctions(executorFunctions)),
    model: new ModelTool(new Models(models)),
  });
}
