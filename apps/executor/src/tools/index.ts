import type { ModelSettings } from '@muster/chassis';
import { Models } from '@muster/models';
import { Egress } from '@muster/resilience';
import { BuiltinTool } from './builtin/builtin.tool';
import { HttpTool } from './http.tool';
import { ModelTool } from './model.tool';
import { ProcessTool } from './process.tool';
import { ToolRegistry } from './tool.registry';

export * from './tool';
export { ToolRegistry } from './tool.registry';
export * from './tool-health';

/** `egressAllow`: EGRESS_ALLOW, see `Egress`. `processAllow`: PROCESS_ALLOW, see `ProcessTool`. `models`: MODELS. Throws on entries it cannot read. */
export interface ToolSettings {
  readonly egressAllow: readonly string[];
  readonly processAllow: readonly string[];
  readonly models: ModelSettings;
}

export const createTools = ({ egressAllow, processAllow, models }: ToolSettings): ToolRegistry =>
  new ToolRegistry(
    new HttpTool(new Egress(egressAllow)),
    new ProcessTool(processAllow),
    new BuiltinTool(),
    new ModelTool(new Models(models)),
  );
