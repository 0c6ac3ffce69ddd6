// Loads TypeScript of the project straight from its sources, each graph with module instances of its own; a patch changes
// the text of one file for this graph alone. The simulation's command and the mutants run on it, outside of jest.
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { transformSync } from '@swc/core';
import { swcOptions } from '../../deploy/setup/build.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const options = await swcOptions(ROOT);

/** Compiled text by file and source, shared by all graphs of this process. */
const compiled = new Map();

/** A patch: `{ file, from, to }`, the file relative to the root; `from` must stand in it exactly once. */
export class ModuleGraph {
  #modules = new Map();
  #patches;

  constructor(patches = []) {
    this.#patches = patches;
    for (const patch of patches) patched(patch, readFileSync(join(ROOT, patch.file), 'utf8'));
  }

  /** What the simulation's index.ts exports. */
  simulation() {
    return this.#load(join(ROOT, 'test/simulation/index.ts'));
  }

  #load(path) {
    const known = this.#modules.get(path);
    if (known) return known.exports;
    const module = { exports: {} };
    this.#modules.set(path, module);
    const names = ['exports', 'require', 'module', '__filename', '__dirname'];
    const body = compileFunction(this.#textOf(path), names, { filename: path });
    body(module.exports, this.#requireFrom(path), module, path, dirname(path));
    return module.exports;
  }

  #textOf(path) {
    const file = relative(ROOT, path);
    const source = this.#patches
      .filter((patch) => patch.file === file)
      .reduce((text, patch) => patched(patch, text), readFileSync(path, 'utf8'));
    const key = `${path}\n${source}`;
    const known = compiled.get(key);
    if (known) return known;
    const { code } = transformSync(source, { ...options, filename: path, sourceMaps: false });
    compiled.set(key, code);
    return code;
  }

  #requireFrom(path) {
    const external = createRequire(path);
    return (name) => {
      const file = name.startsWith('.') ? sourceOf(resolve(dirname(path), name)) : undefined;
      return file ? this.#load(file) : external(name);
    };
  }
}

/** Exactly once, so that a patch cannot rot unnoticed. */
function patched({ file, from, to }, text) {
  const times = text.split(from).length - 1;
  if (times !== 1) throw new Error(`The text of a patch stands ${times} times in ${file}, not once: ${from}`);
  return text.replace(from, () => to);
}

const isFile = (path) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

const sourceOf = (path) =>
  [path, `${path}.ts`, join(path, 'index.ts')].find((one) => one.endsWith('.ts') && isFile(one));
