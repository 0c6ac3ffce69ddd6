import type { JsonValue } from '../json';
import { isJsonObject } from '../json';
import type { CelNode } from './cel-node';
import { ExpressionError } from './expression-error';
import type { Scope } from './scope';

/** `steps["plan-b"].output[0]`: a variable and literal keys, the commonest expression of all. */
export interface Path {
  readonly root: string;
  readonly keys: readonly (string | bigint)[];
}

/** The path this node spells, or undefined where it is anything else. */
export function pathOf(node: CelNode): Path | undefined {
  const keys: (string | bigint)[] = [];
  let at = node;
  while (at.op !== 'id') {
    const key = keyOf(at);
    if (key === undefined) return undefined;
    keys.push(key);
    at = (at.args as [CelNode, unknown])[0];
  }
  return { root: at.args as string, keys: keys.reverse() };
}

function keyOf(node: CelNode): string | bigint | undefined {
  if (node.op === '.') return (node.args as [CelNode, string])[1];
  if (node.op !== '[]') return undefined;
  const index = (node.args as [CelNode, CelNode])[1];
  const literal = index.op === 'value' ? index.args : undefined;
  return typeof literal === 'string' || typeof literal === 'bigint' ? literal : undefined;
}

/** The value at the path, as it stands in the scope: no number is converted on the way. */
export function resolvePath(path: Path, scope: Scope): JsonValue {
  let value = rootOf(path.root, scope);
  for (const key of path.keys) value = childOf(value, key);
  return value;
}

/** What `has(path)` says: everything before the last key must exist. */
export function pathExists(path: Path, scope: Scope): boolean {
  const parent = resolvePath({ root: path.root, keys: path.keys.slice(0, -1) }, scope);
  return childIn(parent, path.keys.at(-1)!) !== undefined;
}

function rootOf(root: string, scope: Scope): JsonValue {
  const value = Object.hasOwn(scope, root) ? scope[root] : undefined;
  if (value === undefined) throw new ExpressionError(`'${root}' is not known here.`);
  return value as JsonValue;
}

function childOf(value: JsonValue, key: string | bigint): JsonValue {
  const child = childIn(value, key);
  if (child !== undefined) return child;
  throw new ExpressionError(`No such key: ${key}.`);
}

const childIn = (value: JsonValue, key: string | bigint): JsonValue | undefined =>
  typeof key === 'string' ? fieldOf(value, key) : itemOf(value, Number(key));

const fieldOf = (value: JsonValue, key: string): JsonValue | undefined =>
  isJsonObject(value) ? ownValue(value, key) : undefined;

const itemOf = (value: JsonValue, index: number): JsonValue | undefined =>
  Array.isArray(value) ? value[index] : undefined;

// Own properties only: a field named like something on Object.prototype is not there unless the JSON has it.
const ownValue = (value: { readonly [key: string]: JsonValue }, key: string): JsonValue | undefined =>
  Object.hasOwn(value, key) ? value[key] : undefined;
