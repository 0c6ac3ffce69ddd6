import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(__dirname, '../..');
const FOLDERS = ['apps', 'libs', 'test', 'deploy', 'examples', 'prisma', 'docs'];
const NOT_OURS = ['node_modules', 'generated', 'dist'];

export interface SourceFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** Every file that a person wrote, with an ending such as `.ts`. */
export function sourceFiles(...endings: string[]): SourceFile[] {
  return FOLDERS.flatMap((folder) => walk(join(ROOT, folder)))
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }));
}

export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
export const isTest = ({ path }: SourceFile): boolean => path.startsWith('test/') || path.endsWith('.spec.ts');

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !NOT_OURS.includes(entry.name))
    .flatMap((entry) => (entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)]));
}
