import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { progressLine } from '../../../test/support/progress-line';

const BENCH = join(__dirname, '../..');

export const pathIn = (name: string): string => join(BENCH, name);

/** Writes a page or a picture of results, where the repository keeps them. */
export function publish(name: string, text: string): void {
  mkdirSync(dirname(pathIn(name)), { recursive: true });
  writeFileSync(pathIn(name), text);
}

/** What the driver says of itself begins with a `#`. */
export const sayLine = (line: string): void => progressLine(line.replace(/^# /, ''));
