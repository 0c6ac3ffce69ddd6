import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ToolContract } from '@muster/client';

/** The contracts of an example, with `{{name}}` filled in: where the desk listens and which repository to read is known only now. */
export function contractsIn(folder: string, values: Readonly<Record<string, string>>): ToolContract[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => filled(readFileSync(join(folder, file), 'utf8'), values));
}

export function filled(text: string, values: Readonly<Record<string, string>>): ToolContract {
  const json = text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The contract asks for '${name}', which the demo does not know.`);
    // The placeholder stands inside a JSON string.
    return JSON.stringify(value).slice(1, -1);
  });
  return JSON.parse(json) as ToolContract;
}
