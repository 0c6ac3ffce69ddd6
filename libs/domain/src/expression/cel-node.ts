/**
 * A node of the parser's tree, as @marcbachmann/cel-js builds it. The library's own types leave out `meta`, `handle` and
 * the two functions, which it calls through the node, so that an own property takes their place.
 */
export interface CelNode {
  readonly op: string;
  readonly args: unknown;
  readonly meta: {
    readonly alternate?: CelNode;
    readonly macro?: { readonly evaluate: CelEvaluate };
    readonly evaluate: CelEvaluate;
  };
  check: (checker: CelChecker) => unknown;
  evaluate: CelEvaluate;
  /** What an operator or function does with its operands; set by the type check. */
  handle?: (...operands: unknown[]) => unknown;
}

export type CelEvaluate = (evaluator: unknown, node: unknown, context: unknown) => unknown;

interface CelChecker {
  getType(name: string): unknown;
}

export interface MethodCall {
  readonly name: string;
  readonly receiver: CelNode;
  readonly args: readonly CelNode[];
}

/** `name(args)`. */
export const callOf = (node: CelNode): { name: string; args: readonly CelNode[] } => {
  const [name, args] = node.args as [string, CelNode[]];
  return { name, args };
};

/** `receiver.name(args)`. */
export const methodOf = (node: CelNode): MethodCall => {
  const [name, receiver, args] = node.args as [string, CelNode, CelNode[]];
  return { name, receiver, args };
};

export const mapEntriesOf = (node: CelNode): readonly (readonly [CelNode, CelNode])[] =>
  node.args as [CelNode, CelNode][];

/** The nodes written below this one, in the order of the text. */
export function childrenOf(node: CelNode): readonly CelNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
      return [(node.args as [CelNode, string])[0]];
    case '!_':
    case '-_':
      return [node.args as CelNode];
    case 'call':
      return callOf(node).args;
    case 'rcall':
      return [methodOf(node).receiver, ...methodOf(node).args];
    case 'map':
      return mapEntriesOf(node).flat();
    default:
      return node.args as CelNode[];
  }
}
