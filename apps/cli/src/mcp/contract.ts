import type { EffectClass, JsonObject, ToolContract } from '@muster/domain';
import { type ListedTool, pinOf } from '@muster/mcp';

const DESCRIPTION_LENGTH_MAX = 4_096;

/** What a tool without an output schema gives: the content as the protocol has it. */
const CONTENT: JsonObject = {
  type: 'object',
  properties: { content: { type: 'array', items: { type: 'object' } } },
  required: ['content'],
};

export interface Naming {
  readonly server: string;
  readonly prefix: string;
  readonly version: string;
  /** For tools of class keyed. */
  readonly dedupeWindowMs?: number;
}

/** The contract of a tool as its server lists it, under the effect class that a person gave it. Pure. */
export function contractOf(tool: ListedTool, effect: EffectClass, naming: Naming): ToolContract {
  const { server, prefix, version, dedupeWindowMs } = naming;
  return {
    name: contractName(prefix, tool.name),
    version,
    description: (tool.description.trim() || `${tool.name} of the MCP server ${server}.`).slice(
      0,
      DESCRIPTION_LENGTH_MAX,
    ),
    transport: { type: 'mcp', server, tool: tool.name, pin: pinOf(tool) },
    input: tool.input,
    output: tool.output ?? CONTENT,
    effect,
    ...(effect === 'keyed' && dedupeWindowMs !== undefined ? { dedupeWindowMs } : {}),
  };
}

/** `getStructuredContent` of `everything` is `everything.get_structured_content`: contracts have lower-case names. */
export function contractName(prefix: string, tool: string): string {
  const name = tool
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '_')
    .replace(/([._-])[._-]+/g, '$1')
    .replace(/^[._-]+|[._-]+$/g, '');
  return `${prefix}.${name}`;
}
