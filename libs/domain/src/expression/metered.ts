import type { CelEvaluate, CelNode } from './cel-node';
import { callOf, mapEntriesOf, methodOf } from './cel-node';
import { chargeDeep, textCost, toCel } from './cel-values';
import { charge, current } from './evaluation';
import { ExpressionError } from './expression-error';
import type { Path } from './path';
import { pathExists, resolvePath } from './path';
import { matchesPattern } from './pattern';

/** What the library's node does by itself, read after the check, which may still have changed it. */
function ownEvaluate(node: CelNode): CelEvaluate {
  const { alternate, macro, evaluate } = node.meta;
  if (alternate) return (evaluator, _node, context) => alternate.evaluate(evaluator, alternate, context);
  if (macro) return (evaluator, _node, context) => macro.evaluate(evaluator, macro, context);
  return evaluate;
}

/** Makes a node count itself at every visit, and its operands where the work depends on their size. */
export function meter(node: CelNode): void {
  const evaluate = node.op === 'map' ? evaluateMap : ownEvaluate(node);
  node.evaluate = (evaluator, _node, context) => {
    charge(1);
    return evaluate(evaluator, node, context);
  };
  if (node.handle) node.handle = meteredHandle(node, node.handle);
}

/** Reads a path from the scope itself: nothing but the value it names is converted. */
export function meterPath(node: CelNode, path: Path): void {
  node.evaluate = () => {
    charge(1 + path.keys.length);
    return toCel(resolvePath(path, current().scope));
  };
}

/** `has(path)`, also with brackets, which the library's own macro does not take. */
export function meterHas(node: CelNode, path: Path): void {
  node.check = (checker) => checker.getType('bool');
  node.evaluate = () => {
    charge(1 + path.keys.length);
    return pathExists(path, current().scope);
  };
}

// The library builds plain objects and silently drops keys such as `constructor`; a map keeps them.
const evaluateMap: CelEvaluate = (evaluator, node, context) => {
  const entries = mapEntriesOf(node as CelNode).map(([key, value]): [unknown, unknown] => [
    key.evaluate(evaluator, key, context),
    value.evaluate(evaluator, value, context),
  ]);
  return new Map(entries);
};

/** Operators whose work does not depend on what they are given. */
const SMALL_OPERATORS: ReadonlySet<string> = new Set(['.', '[]', '?:', '!_', '-_']);

type Handle = (...operands: unknown[]) => unknown;

function meteredHandle(node: CelNode, handle: Handle): Handle {
  if (node.op === 'rcall') return meteredMethod(methodOf(node).name, handle);
  if (node.op === 'call') return meteredFunction(callOf(node).name, handle);
  if (SMALL_OPERATORS.has(node.op)) return handle;
  return (left, right, ...rest) => {
    chargeDeep(left);
    chargeDeep(right);
    return handle(left, right, ...rest);
  };
}

function meteredFunction(name: string, handle: Handle): Handle {
  return (operands, ...rest) => {
    const given = operands as unknown[];
    // Its parser looks at the rest of the text again for every part of it.
    if (name === 'duration') chargeSearch([given[0], given[0]]);
    return meteredCall(given, () => handle(operands, ...rest));
  };
}

function meteredMethod(name: string, handle: Handle): Handle {
  if (name === 'matches') return (operands) => matchOperands(operands as unknown[]);
  return (operands, ...rest) => {
    const given = operands as unknown[];
    if (name !== 'size') chargeSearch(given);
    if (name.startsWith('get') && given.length > 1) charge(TIME_ZONE_COST);
    return meteredCall(given, () => handle(operands, ...rest));
  };
}

/** Asking for a part of a time in a zone goes through the calendar of the runtime, which is slow. */
const TIME_ZONE_COST = 500;

/** Searching text for text takes up to the product of both lengths; one unit pays for about so many comparisons. */
const COMPARISONS_PER_COST = 64;

function chargeSearch(operands: readonly unknown[]): void {
  chargeDeep(operands[0]);
  const [text, sought] = operands;
  if (typeof text !== 'string' || typeof sought !== 'string') return;
  charge(Math.floor((text.length * sought.length) / COMPARISONS_PER_COST));
}

function meteredCall(operands: readonly unknown[], call: () => unknown): unknown {
  for (const operand of operands) if (typeof operand === 'string') charge(textCost(operand));
  const result = call();
  if (Array.isArray(result)) charge(result.length);
  if (typeof result === 'string') charge(textCost(result));
  return result;
}

function matchOperands([text, pattern]: readonly unknown[]): boolean {
  if (typeof text === 'string' && typeof pattern === 'string') return matchesPattern(text, pattern, charge);
  throw new ExpressionError('matches() takes text and a pattern.');
}
