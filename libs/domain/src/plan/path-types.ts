import type { ResolvedAgent } from '../agent/agent-contract';
import type { Path } from '../expression/path';
import type { JsonObject, JsonValue } from '../json';
import { isJsonObject } from '../json';
import type { ResolvedContract } from '../tool-contract';
import { nearestName } from './nearest-name';
import type { PlanDocument, StepDocument } from './plan';
import { calleeOf } from './plan';
import type { PlanGraph } from './plan-graph';
import { schemaForDeclared } from './plan-input';
import type { StepReading } from './plan-reading';
import { itemNameOf } from './plan-reading';
import type { Schema } from './schema-overlap';
import { ANYTHING, childSchema, memberNames, typesOf } from './schema-overlap';

/** Where a path of an expression leads, as far as the contracts say. */
export type PathType =
  | { readonly ok: true; readonly schema: Schema }
  | { readonly ok: false; readonly message: string };

/** What the steps of a plan can call, by name. */
export interface Callable {
  readonly tools: ReadonlyMap<string, ResolvedContract>;
  readonly agents?: ReadonlyMap<string, ResolvedAgent>;
}

/** Knows what the variables of a plan's expressions hold: the task's input, the steps' outputs, the items. */
export class PathTypes {
  private readonly inputs: Schema;

  constructor(
    private readonly steps: readonly StepReading[],
    private readonly graph: PlanGraph,
    private readonly contracts: Callable,
    document: PlanDocument,
    inputSchema?: JsonObject,
  ) {
    this.inputs = inputSchema ?? inputSchemaOf(document);
  }

  /** `around`: the step whose expression it is, where it is one. Unknown names hold anything; other rules report them. */
  of(path: Path, around?: StepReading): PathType {
    const from = this.rootOf(path, around);
    if (!from.ok) return from;
    return walk(from.schema, path.keys.slice(from.taken), [path.root, ...path.keys.slice(0, from.taken)]);
  }

  /** What a step gives to the expressions that read it. */
  outputOf(step: StepDocument): Schema {
    const { tools, agents } = this.contracts;
    const contract = step.agent === undefined ? tools.get(calleeOf(step)) : agents?.get(step.agent);
    return contract?.output ?? ANYTHING;
  }

  private rootOf(path: Path, around?: StepReading): Root {
    if (path.root === 'input') return { ok: true, schema: this.inputs, taken: 0 };
    if (path.root === 'steps') return this.stepRootOf(path);
    if (path.root === 'output' && around) return { ok: true, schema: this.outputOf(around.step), taken: 0 };
    if (around?.step.forEach !== undefined && path.root === itemNameOf(around.step)) {
      return { ok: true, schema: this.itemOf(around), taken: 0 };
    }
    return { ok: true, schema: ANYTHING, taken: 0 };
  }

  private stepRootOf({ keys }: Path): Root {
    const [key, field] = keys;
    const index = typeof key === 'string' ? this.graph.indexOf.get(key) : undefined;
    const step = index === undefined ? undefined : this.steps[index]!.step;
    if (!step || field === undefined) return { ok: true, schema: ANYTHING, taken: keys.length };
    if (field === 'state') return { ok: true, schema: { type: 'string' }, taken: 2 };
    const isList = step.forEach !== undefined;
    if (field === 'outputs') {
      if (!isList) return { ok: false, message: `'${step.id}' is no forEach: what it gives is 'output'.` };
      return { ok: true, schema: { type: 'array', items: this.orNull(step) }, taken: 2 };
    }
    // The parent of a forEach has no output of its own.
    if (isList) return { ok: true, schema: { type: 'null' }, taken: 2 };
    return { ok: true, schema: keys.length === 2 ? this.orNull(step) : this.outputOf(step), taken: 2 };
  }

  /** A step that was skipped, or whose failure was let pass, gives null to those that go on. */
  private orNull(step: StepDocument): Schema {
    const schema = this.outputOf(step);
    const index = this.graph.indexOf.get(step.id)!;
    const mayBeNull =
      step.when !== undefined ||
      (step.onFailure !== undefined && step.onFailure !== 'fail') ||
      this.graph.fallbackOf[index] !== undefined;
    if (!mayBeNull) return schema;
    return { type: [...typesOf(schema), 'null'] };
  }

  private itemOf(around: StepReading): Schema {
    const list = around.uses.gate.find(({ pointer }) => pointer.endsWith('/forEach'))?.whole;
    const listType = list ? this.of(list) : undefined;
    return (listType?.ok ? childSchema(listType.schema, 0) : undefined) ?? ANYTHING;
  }
}

type Root =
  | { readonly ok: true; readonly schema: Schema; readonly taken: number }
  | (PathType & { readonly ok: false });

/** A declared input is required and may stand beside others. */
function inputSchemaOf({ input }: PlanDocument): Schema {
  if (!isJsonObject(input)) return ANYTHING;
  const properties = Object.entries(input).map(([name, declared]) => [name, schemaForDeclared(declared)]);
  return { properties: Object.fromEntries(properties) as JsonObject };
}

type Key = string | bigint;

function walk(schema: Schema, keys: readonly Key[], before: readonly Key[]): PathType {
  let at: JsonValue = schema;
  for (const [i, key] of keys.entries()) {
    const child = childSchema(at, typeof key === 'bigint' ? Number(key) : key);
    if (child === undefined) return { ok: false, message: nothingThere([...before, ...keys.slice(0, i)], key, at) };
    at = child;
  }
  return { ok: true, schema: at };
}

function nothingThere(before: readonly Key[], key: Key, schema: Schema): string {
  const meant = typeof key === 'string' ? nearestName(key, memberNames(schema)) : undefined;
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`;
  return `'${pathText(before)}' has no '${String(key)}', by the contract it comes from.${hint}`;
}

export const pathText = (keys: readonly Key[]): string =>
  keys
    .map((key, i) => {
      if (typeof key === 'bigint') return `[${key}]`;
      if (!/^[A-Za-z_]\w*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return i === 0 ? key : `.${key}`;
    })
    .join('');
