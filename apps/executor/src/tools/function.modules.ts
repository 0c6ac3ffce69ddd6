import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Fault, isToolName, type JsonValue, type ToolFunction } from '@muster/domain';

/** A function as the executor calls it: the contract's schema has seen the input, and the function names its own type of it. */
export type LoadedFunction = ToolFunction<JsonValue>;
export type LoadedFunctions = ReadonlyMap<string, LoadedFunction>;

class FunctionModuleFault extends Fault {
  readonly code = 'EXECUTOR_FUNCTIONS_INVALID';
  readonly retryable = false;
  constructor(path: string, what: string, remedy: string) {
    super(`EXECUTOR_FUNCTIONS names ${path}, but ${what}.`, remedy);
  }
}

const importModule = require('./import-module.cjs') as (url: string) => Promise<object>;

/**
 * Loads the operator's modules, ES modules and CommonJS, in their order. Throws FunctionModuleFault: what cannot be called
 * is found at the start and not at the first call.
 */
export async function loadFunctions(paths: readonly string[]): Promise<LoadedFunctions> {
  const loaded = new Map<string, LoadedFunction>();
  for (const path of paths) {
    for (const [name, entry] of Object.entries(functionsOf(path, await moduleAt(path)))) {
      if (loaded.has(name)) throw new FunctionModuleFault(path, `${name} is there already`, 'Give it another name.');
      loaded.set(name, checked(path, name, entry));
    }
  }
  return loaded;
}

async function moduleAt(path: string): Promise<object> {
  if (!existsSync(path)) throw new FunctionModuleFault(path, 'there is no such file', 'Correct the path.');
  try {
    return await importModule(pathToFileURL(path).href);
  } catch (error) {
    throw new FunctionModuleFault(path, `it cannot be loaded (${error})`, `Mend it until \`node ${path}\` runs.`);
  }
}

/** The export `functions`, or the default export; of a CommonJS module the default is its `module.exports`. */
function functionsOf(path: string, module: object): object {
  const whole = memberOf(module, 'default');
  const found = [memberOf(module, 'functions'), memberOf(whole, 'functions'), whole].find(isRecord);
  if (found) return found;
  const remedy = 'Write `export const functions = { "tickets.create": async (input, call) => … }`.';
  throw new FunctionModuleFault(path, 'it exports no object `functions` and none as its default', remedy);
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const memberOf = (value: unknown, name: string): unknown =>
  isRecord(value) ? (value as Record<string, unknown>)[name] : undefined;

function checked(path: string, name: string, entry: unknown): LoadedFunction {
  if (!isToolName(name)) {
    throw new FunctionModuleFault(path, `${JSON.stringify(name)} is no name of a tool`, 'Name it like tickets.create.');
  }
  if (typeof entry === 'function') return entry as LoadedFunction;
  const remedy = 'Export functions only, or export them as `functions`.';
  throw new FunctionModuleFault(path, `its ${name} is ${entry === null ? 'null' : typeof entry}`, remedy);
}
