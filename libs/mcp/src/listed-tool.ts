import type { McpPin } from '@muster/domain';
import { canonicalJson, childPointer, hashJson, isJsonObject, type JsonObject, type JsonValue } from '@muster/domain';
import { MCP_LIMITS } from './limits';

/** What a server claims about its tool. A stranger's word: shown to people, believed by nobody. */
export interface ToolClaims {
  readonly title?: string;
  readonly readOnlyHint?: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
  readonly openWorldHint?: boolean;
}

/** A tool as its server lists it. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly input: JsonObject;
  readonly output?: JsonObject;
  readonly claims: ToolClaims;
}

/** What a contract is registered on. Descriptions within a schema count too: models read them. */
export function pinOf({ input, output }: Pick<ListedTool, 'input' | 'output'>): McpPin {
  return { input: hashJson(input), ...(output === undefined ? {} : { output: hashJson(output) }) };
}

/** The schemas that a person saw; a change is told in detail only where they are still the pinned ones. */
export interface Registered {
  readonly pin: McpPin;
  readonly input: JsonObject;
  readonly output: JsonObject;
}

/** In words, how what the server lists now differs from what was registered; undefined where it does not. */
export function driftOf(registered: Registered, listed: ListedTool | undefined): string | undefined {
  if (!listed) return 'the server does not list it any more';
  const changes = [
    ...schemaDrift('input', registered.pin.input, registered.input, listed.input),
    ...schemaDrift('output', registered.pin.output, registered.output, listed.output),
  ];
  return changes.length === 0 ? undefined : changes.join('; ');
}

function schemaDrift(
  which: string,
  pinned: string | undefined,
  known: JsonObject,
  listed: JsonObject | undefined,
): string[] {
  const now = listed === undefined ? undefined : hashJson(listed);
  if (now === pinned) return [];
  if (listed === undefined) return [`its ${which} schema is gone`];
  if (pinned === undefined) return [`it has an ${which} schema now`];
  const changes = hashJson(known) === pinned ? changesOf(known, listed, '') : [];
  return [`its ${which} schema changed${changes.length === 0 ? '' : ` (${told(changes)})`}`];
}

function told(changes: readonly string[]): string {
  const more = changes.length - MCP_LIMITS.CHANGES_TOLD_MAX;
  return `${changes.slice(0, MCP_LIMITS.CHANGES_TOLD_MAX).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function changesOf(before: JsonValue, after: JsonValue, pointer: string): string[] {
  if (!isJsonObject(before) || !isJsonObject(after)) {
    return canonicalJson(before) === canonicalJson(after) ? [] : [`${pointer || '/'} changed`];
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names.flatMap((name) => {
    const at = childPointer(pointer, name);
    const [old, now] = [before[name], after[name]];
    if (old === undefined) return [`${at} is new`];
    return now === undefined ? [`${at} is gone`] : changesOf(old, now, at);
  });
}
