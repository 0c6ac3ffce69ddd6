import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { transformFile } from '@swc/core';

const SOURCES = ['apps', 'libs'];
const OUTPUT = 'dist';
const AT_ONCE = 16;

/** Compiles what is newer than its output, copies what is no TypeScript, removes what has no source. Answers how much. */
export async function buildAll(root) {
  const files = (await Promise.all(SOURCES.map((folder) => filesIn(join(root, folder)))))
    .flat()
    .filter((file) => wanted(relative(root, file)));
  const outputs = new Map(files.map((file) => [outputOf(root, file), file]));
  const removed = await removeOrphans(root, outputs);
  const compiler = await changedCompiler(root);
  const stale = [];
  for (const [output, source] of outputs) if (compiler || (await isStale(source, output))) stale.push([source, output]);
  const options = await swcOptions(root);
  for (let index = 0; index < stale.length; index += AT_ONCE) {
    await Promise.all(stale.slice(index, index + AT_ONCE).map(([source, output]) => produce(source, output, options)));
  }
  await writeFile(join(root, OUTPUT, '.compiler'), await compilerMark());
  return stale.length + removed > 0 ? `${stale.length} of ${files.length} files` : '';
}

async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

const wanted = (path) =>
  /^[^/]+\/[^/]+\/src\//.test(path) && !/\.(spec|d)\.ts$/.test(path) && !/\/(node_modules|testing)\//.test(path);

const outputOf = (root, file) => join(root, OUTPUT, relative(root, file).replace(/\.tsx?$/, '.js'));

async function isStale(source, output) {
  const [from, to] = await Promise.all([stat(source), stat(output).catch(() => undefined)]);
  return !to || to.mtimeMs < from.mtimeMs;
}

async function produce(source, output, options) {
  await mkdir(dirname(output), { recursive: true });
  // Renamed into place, since another process may be reading or writing the same file.
  const draft = `${output}.${process.pid}`;
  if (/\.tsx?$/.test(source)) await writeFile(draft, (await transformFile(source, options)).code);
  else await copyFile(source, draft);
  await rename(draft, output);
}

async function removeOrphans(root, outputs) {
  const present = (await Promise.all(SOURCES.map((folder) => filesIn(join(root, OUTPUT, folder))))).flat();
  const orphans = present.filter((file) => !outputs.has(file));
  await Promise.all(orphans.map((file) => rm(file, { force: true })));
  return orphans.length;
}

// Other settings make other output of the same source.
const compilerMark = () => readFile(new URL(import.meta.url));
async function changedCompiler(root) {
  await mkdir(join(root, OUTPUT), { recursive: true });
  const before = await readFile(join(root, OUTPUT, '.compiler')).catch(() => undefined);
  return !before?.equals(await compilerMark());
}

/** CommonJS for Node 24; the aliases of tsconfig.base.json become relative paths. */
export async function swcOptions(root) {
  const { compilerOptions } = JSON.parse(await readFile(join(root, 'tsconfig.base.json'), 'utf8'));
  return {
    swcrc: false,
    configFile: false,
    sourceMaps: 'inline',
    module: { type: 'commonjs' },
    jsc: {
      parser: { syntax: 'typescript', decorators: true, tsx: false },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2023',
      keepClassNames: true,
      baseUrl: root,
      paths: compilerOptions.paths,
    },
  };
}
