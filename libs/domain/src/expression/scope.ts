import type { JsonValue } from '../json';

/** What an expression sees of a step. `output` is null where the step was skipped or failed and the plan goes on. */
export interface StepView {
  readonly output: JsonValue;
  /** Of a `forEach`: the items' outputs in the items' order. */
  readonly outputs?: JsonValue;
  readonly state?: string;
}

/** The variables of an expression. A `forEach` adds its item under the name that `as` gives. */
export interface Scope {
  readonly input?: JsonValue;
  readonly steps?: Readonly<Record<string, StepView>>;
  readonly output?: JsonValue;
  readonly response?: JsonValue;
  readonly [item: string]: JsonValue | Readonly<Record<string, StepView>> | undefined;
}

/** The fields of a StepView. */
export const STEP_FIELDS: readonly string[] = ['output', 'outputs', 'state'];

/** Names that mean a type inside an expression. */
export const TYPE_NAMES: readonly string[] = [
  'bool',
  'bytes',
  'double',
  'int',
  'list',
  'map',
  'null_type',
  'string',
  'type',
  'uint',
];

/** What a `forEach` calls its item where `as` says nothing. */
export const ITEM_NAME = 'item';

const TAKEN = new Set([
  ...['input', 'steps', 'output', 'response', 'task', 'secrets', 'env', 'cel', 'google', 'optional', 'dyn'],
  ...TYPE_NAMES,
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import'],
  ...['let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while', '__proto__', 'prototype', 'constructor'],
]);
/** Whether a `forEach` may call its item so. */
export const isFreeName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !TAKEN.has(name);
