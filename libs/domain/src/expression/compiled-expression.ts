import { Environment } from '@marcbachmann/cel-js';
import { BoundedCache } from '../bounded-cache';
import type { JsonValue } from '../json';
import { LIMITS } from '../limits';
import type { Analysis } from './analysis';
import { analyse } from './analysis';
import type { CelNode } from './cel-node';
import { fromCel } from './cel-values';
import { runWith } from './evaluation';
import { ExpressionError } from './expression-error';
import { meter, meterHas, meterPath } from './metered';
import type { Path } from './path';
import { resolvePath } from './path';
import type { Scope } from './scope';

/** An expression that parsed: what it reads, and how to run it. */
export interface CompiledExpression {
  readonly variables: ReadonlySet<string>;
  readonly steps: ReadonlySet<string>;
  /** Every path that it takes from a variable; what `has` asks about is not among them. */
  readonly paths: readonly Path[];
  /** Set where the whole expression is a path. */
  readonly whole?: Path;
  /** Throws where it has no value. */
  run(scope: Scope): JsonValue;
}

const EXPRESSIONS_KEPT_MAX = 4_096;
const kept = new BoundedCache<string, CompiledExpression | ExpressionError>(EXPRESSIONS_KEPT_MAX);

/** Parses and type-checks, or finds what is kept. Throws an ExpressionError that says what is wrong. */
export function compileExpression(text: string): CompiledExpression {
  if (text.length > LIMITS.EXPRESSION_LENGTH_MAX) {
    throw new ExpressionError(`The expression is longer than ${LIMITS.EXPRESSION_LENGTH_MAX} characters.`);
  }
  const known = kept.get(text, () => attempt(text));
  if (known instanceof ExpressionError) throw known;
  return known;
}

function attempt(text: string): CompiledExpression | ExpressionError {
  try {
    return compile(text);
  } catch (error) {
    return new ExpressionError(reasonOf(error));
  }
}

function compile(text: string): CompiledExpression {
  const parsed = ENVIRONMENT.parse(text);
  const root = parsed.ast as unknown as CelNode;
  const analysis = analyse(root);
  const path = analysis.paths.get(root);
  return path ? pathExpression(path, analysis) : celExpression(parsed, analysis);
}

// A bare path hands on what is there, byte for byte: no conversion, nothing to count. It keeps no tree alive, either.
function pathExpression(path: Path, { variables, steps }: Analysis): CompiledExpression {
  return { variables, steps, paths: [path], whole: path, run: (scope) => resolvePath(path, scope) };
}

function celExpression(parsed: ParseResult, analysis: Analysis): CompiledExpression {
  const { variables, steps } = analysis;
  for (const [node, path] of analysis.hasPaths) meterHas(node, path);
  const checked = parsed.check();
  if (!checked.valid) throw checked.error;
  for (const node of analysis.others) meter(node);
  for (const [node, path] of analysis.paths) meterPath(node, path);
  const paths = [...analysis.paths.values()];
  return { variables, steps, paths, run: (scope) => runWith(scope, () => fromCel(parsed({}))) };
}

/** Why something thrown by the library or by this folder has no value. The library adds a drawing below its summary. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const summary = 'summary' in error ? error.summary : error.message;
  return typeof summary === 'string' ? summary : error.message;
}

type ParseResult = ReturnType<Environment['parse']>;

const ENVIRONMENT = mixNumbers(
  new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: LIMITS.EXPRESSION_NODES_MAX, maxDepth: LIMITS.EXPRESSION_DEPTH_MAX },
  }),
);

// JSON does not tell 10.0 from 10: without these `price * 1.2` would work for a price of 10.5 and fail for one of 10.
function mixNumbers(environment: Environment): Environment {
  return environment
    .registerOperator('int + double: double', (a: bigint, b: number) => Number(a) + b)
    .registerOperator('double + int: double', (a: number, b: bigint) => a + Number(b))
    .registerOperator('int - double: double', (a: bigint, b: number) => Number(a) - b)
    .registerOperator('double - int: double', (a: number, b: bigint) => a - Number(b))
    .registerOperator('int * double: double', (a: bigint, b: number) => Number(a) * b)
    .registerOperator('double * int: double', (a: number, b: bigint) => a * Number(b))
    .registerOperator('int / double: double', (a: bigint, b: number) => Number(a) / b)
    .registerOperator('double / int: double', (a: number, b: bigint) => a / Number(b));
}
