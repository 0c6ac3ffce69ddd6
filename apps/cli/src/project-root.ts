import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this Muster: the nearest one upward that has its package.json and its examples, from sources and from dist alike. */
export function projectRoot(from: string = __dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'examples'))) return folder;
    if (dirname(folder) === folder) throw new Error(`No Muster is installed around ${from}.`);
  }
}

export const SUPERVISOR = 'dist/apps/supervisor/src/main.js';
