import type { JsonValue } from '../json';
import { compileExpression, reasonOf } from './compiled-expression';
import { ExpressionError } from './expression-error';
import type { Path } from './path';
import type { Scope } from './scope';
import { segmentsOf } from './template-segments';

export type ExpressionCheck =
  | {
      readonly ok: true;
      readonly steps: readonly string[];
      /** Every path it takes from a variable, and the one that it is as a whole, if it is one. */
      readonly paths: readonly Path[];
      readonly whole?: Path;
    }
  | { readonly ok: false; readonly message: string };

export type Evaluation =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly message: string };

/**
 * Whether `text` is a CEL expression over these variables, and the keys of the steps it reads, in the order of the text.
 * `text` may stand in `${{ }}` or without.
 */
export function checkExpression(text: string, variables: readonly string[]): ExpressionCheck {
  try {
    const expression = compileExpression(unwrapped(text));
    for (const name of expression.variables) {
      if (!variables.includes(name)) return { ok: false, message: unknownVariable(name, variables) };
    }
    const { paths, whole } = expression;
    return { ok: true, steps: [...expression.steps], paths, whole };
  } catch (error) {
    return { ok: false, message: reasonOf(error) };
  }
}

/** The value of an expression as JSON. A missing field, a type error and too much work are all `ok: false`. */
export function evaluate(text: string, scope: Scope): Evaluation {
  try {
    return { ok: true, value: compileExpression(unwrapped(text)).run(scope) };
  } catch (error) {
    return { ok: false, message: reasonOf(error) };
  }
}

/** The expression inside a text that is one `${{ }}` as a whole, else the text. */
function unwrapped(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith('${{')) return trimmed;
  const [only, ...more] = segmentsOf(trimmed);
  if (only?.kind === 'expression' && more.length === 0) return only.text;
  throw new ExpressionError('An expression stands in one ${{ }} or in none; this mixes it with text.');
}

const unknownVariable = (name: string, variables: readonly string[]): string =>
  `Unknown variable '${name}'; known here: ${variables.join(', ')}.`;
