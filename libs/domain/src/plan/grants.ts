/** Whether a task that was given these grants (tool names, or `prefix.*`) may call a tool. */
export const isGranted = (grants: readonly string[], tool: string): boolean => grantCheck(grants)(tool);

/** The same for many tools and many grants: one look-up for each part of the name. */
export function grantCheck(grants: readonly string[]): (tool: string) => boolean {
  const given = new Set(grants);
  return (tool) => given.has(tool) || prefixesOf(tool).some((prefix) => given.has(`${prefix}.*`));
}

function prefixesOf(tool: string): string[] {
  const parts = tool.split('.');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('.'));
}
