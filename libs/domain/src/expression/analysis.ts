import type { CelNode } from './cel-node';
import { callOf, childrenOf, methodOf } from './cel-node';
import { ExpressionError } from './expression-error';
import type { Path } from './path';
import { pathOf } from './path';
import { checkPattern } from './pattern';
import { STEP_FIELDS, TYPE_NAMES } from './scope';

/** What can be known of an expression without running it. */
export interface Analysis {
  /** Variables it reads, those of its own macros apart. */
  readonly variables: ReadonlySet<string>;
  /** Keys of the steps it reads. */
  readonly steps: ReadonlySet<string>;
  /** Nodes that spell a path from a variable, the longest only. */
  readonly paths: ReadonlyMap<CelNode, Path>;
  /** Calls of `has` on such a path. */
  readonly hasPaths: ReadonlyMap<CelNode, Path>;
  /** Every other node. */
  readonly others: readonly CelNode[];
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['bool', 'double', 'duration', 'dyn', 'has', 'int', 'size', 'string', 'timestamp', 'type', 'uint'],
]);

const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

const METHODS: ReadonlySet<string> = new Set([
  ...MACROS,
  ...['contains', 'endsWith', 'indexOf', 'join', 'lastIndexOf', 'lowerAscii', 'matches', 'size', 'split', 'startsWith'],
  ...['substring', 'trim', 'upperAscii', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear', 'getFullYear'],
  ...['getHours', 'getMilliseconds', 'getMinutes', 'getMonth', 'getSeconds'],
]);

/** Walks a tree. Throws an ExpressionError where it does what no expression may. */
export function analyse(root: CelNode): Analysis {
  const walk = new Walk();
  walk.visit(root, new Set());
  return walk;
}

class Walk implements Analysis {
  readonly variables = new Set<string>();
  readonly steps = new Set<string>();
  readonly paths = new Map<CelNode, Path>();
  readonly hasPaths = new Map<CelNode, Path>();
  readonly others: CelNode[] = [];

  visit(node: CelNode, bound: ReadonlySet<string>): void {
    const path = pathOf(node);
    if (path && !isOwnName(path.root, bound)) this.readPath(node, path);
    else if (node.op === 'call') this.visitCall(node, bound);
    else if (node.op === 'rcall') this.visitMethod(node, bound);
    else this.visitOther(node, bound);
  }

  private visitOther(node: CelNode, bound: ReadonlySet<string>): void {
    this.others.push(node);
    for (const child of childrenOf(node)) this.visit(child, bound);
  }

  private readPath(node: CelNode, path: Path): void {
    this.note(path);
    this.paths.set(node, path);
  }

  private note(path: Path): void {
    this.variables.add(path.root);
    if (path.root === 'steps') this.steps.add(stepOf(path));
  }

  private visitCall(node: CelNode, bound: ReadonlySet<string>): void {
    const { name, args } = callOf(node);
    if (!FUNCTIONS.has(name)) throw new ExpressionError(`There is no function '${name}'.`);
    const path = name === 'has' && args.length === 1 ? pathOf(args[0]!) : undefined;
    if (path && path.keys.length > 0 && !isOwnName(path.root, bound)) {
      this.note(path);
      this.hasPaths.set(node, path);
    } else {
      this.visitOther(node, bound);
    }
  }

  private visitMethod(node: CelNode, bound: ReadonlySet<string>): void {
    const { name, receiver, args } = methodOf(node);
    if (!METHODS.has(name)) throw new ExpressionError(`There is no function '${name}'.`);
    this.others.push(node);
    this.visit(receiver, bound);
    if (name === 'matches') checkLiteralPattern(args[0]);
    const binder = MACROS.has(name) ? args[0] : undefined;
    const inside = binder?.op === 'id' ? new Set([...bound, binder.args as string]) : bound;
    for (const arg of args) if (arg !== binder) this.visit(arg, inside);
  }
}

/** Names that need no variable: the items of macros and the types. */
const isOwnName = (name: string, bound: ReadonlySet<string>): boolean => bound.has(name) || TYPE_NAMES.includes(name);

function stepOf(path: Path): string {
  const [step, field] = path.keys;
  // What a step needs has to be known before it runs, so that no step is ever looked up by a value.
  if (typeof step !== 'string') throw new ExpressionError('Name the step literally: steps.find or steps["find"].');
  if (field !== undefined && !STEP_FIELDS.includes(String(field))) {
    throw new ExpressionError(`A step has ${STEP_FIELDS.join(', ')}; there is no '${field}'.`);
  }
  return step;
}

function checkLiteralPattern(pattern: CelNode | undefined): void {
  if (pattern?.op === 'value' && typeof pattern.args === 'string') checkPattern(pattern.args);
}
