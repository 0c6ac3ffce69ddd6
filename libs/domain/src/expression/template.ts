import type { JsonValue } from '../json';
import { childPointer } from '../json-pointer';
import { LIMITS } from '../limits';
import type { Problem } from '../plan/plan';
import { reasonOf } from './compiled-expression';
import { checkExpression, evaluate } from './expression';
import { ExpressionError } from './expression-error';
import type { Path } from './path';
import type { Scope } from './scope';
import type { Segment } from './template-segments';
import { hasExpression, segmentsOf } from './template-segments';

/** An expression where it stands: what it takes from its variables. */
export interface ExpressionUse {
  readonly pointer: string;
  readonly paths: readonly Path[];
  /** Set where the value that stands there is what this path leads to, as it is. */
  readonly whole?: Path;
}

export interface TemplateCheck {
  readonly problems: readonly Problem[];
  /** Keys of the steps it reads, no doubles, with the pointer of the first place that does. */
  readonly reads: ReadonlyMap<string, string>;
  readonly steps: readonly string[];
  readonly uses: readonly ExpressionUse[];
}

export type Rendering =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly pointer: string; readonly message: string };

/** Checks every `${{ }}` in the strings of a value. `pointer` is where the value stands. */
export function checkTemplate(value: JsonValue, variables: readonly string[], pointer: string): TemplateCheck {
  const problems: Problem[] = [];
  const reads = new Map<string, string>();
  const uses: ExpressionUse[] = [];
  visitStrings(value, pointer, 0, (text, at) => {
    const checked = checkText(text, variables);
    if (!checked.ok) {
      problems.push({ pointer: at, code: 'bad_expression', message: checked.message });
      return;
    }
    uses.push({ pointer: at, paths: checked.paths, whole: checked.whole });
    for (const step of checked.steps) if (!reads.has(step)) reads.set(step, at);
  });
  return { problems, reads, steps: [...reads.keys()], uses };
}

/** Whether any string of a value has a `${{ }}` in it. */
export function containsExpression(value: JsonValue): boolean {
  let found = false;
  visitStrings(value, '', 0, () => {
    found = true;
  });
  return found;
}

/** Fills in every `${{ }}`. Literals come back as they were; `pointer` of a failure is relative to the value. */
export function render(value: JsonValue, scope: Scope): Rendering {
  try {
    return { ok: true, value: renderValue(value, scope, '') };
  } catch (error) {
    if (error instanceof RenderError) return { ok: false, pointer: error.pointer, message: error.message };
    throw error;
  }
}

class RenderError extends Error {
  constructor(
    readonly pointer: string,
    message: string,
  ) {
    super(message);
  }
}

function renderValue(value: JsonValue, scope: Scope, pointer: string): JsonValue {
  if (typeof value === 'string') return hasExpression(value) ? renderText(value, scope, pointer) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, i) => renderValue(item, scope, childPointer(pointer, i)));
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, renderValue(field, scope, childPointer(pointer, key))]),
  );
}

function renderText(text: string, scope: Scope, pointer: string): JsonValue {
  const segments = cutAt(text, pointer);
  const [only] = segments;
  if (segments.length === 1 && only?.kind === 'expression') return resultOf(only, scope, pointer);
  return segments.map((segment) => textOf(segment, scope, pointer)).join('');
}

function cutAt(text: string, pointer: string): readonly Segment[] {
  try {
    return segmentsOf(text);
  } catch (error) {
    if (error instanceof ExpressionError) throw new RenderError(pointer, error.message);
    throw error;
  }
}

function resultOf(segment: Segment, scope: Scope, pointer: string): JsonValue {
  const evaluated = evaluate(segment.text, scope);
  if (!evaluated.ok) throw new RenderError(pointer, evaluated.message);
  return evaluated.value;
}

function textOf(segment: Segment, scope: Scope, pointer: string): string {
  if (segment.kind === 'text') return segment.text;
  const value = resultOf(segment, scope, pointer);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function checkText(text: string, variables: readonly string[]) {
  const steps: string[] = [];
  const paths: Path[] = [];
  let whole: Path | undefined;
  try {
    const segments = segmentsOf(text);
    for (const segment of segments) {
      if (segment.kind === 'text') continue;
      const checked = checkExpression(segment.text, variables);
      if (!checked.ok) return checked;
      steps.push(...checked.steps);
      paths.push(...checked.paths);
      if (segments.length === 1) whole = checked.whole;
    }
  } catch (error) {
    return { ok: false as const, message: reasonOf(error) };
  }
  return { ok: true as const, steps, paths, whole };
}

type Visit = (text: string, pointer: string) => void;

/** Calls `visit` for each string with a `${{` in it. Depth is bounded where JSON comes in; this only holds the stack. */
function visitStrings(value: JsonValue, pointer: string, depth: number, visit: Visit): void {
  if (typeof value === 'string') {
    if (hasExpression(value)) visit(value, pointer);
    return;
  }
  if (typeof value !== 'object' || value === null || depth > LIMITS.JSON_DEPTH_MAX) return;
  for (const key of Object.keys(value)) {
    const field = (value as { readonly [key: string]: JsonValue })[key];
    if (field !== undefined) visitStrings(field, childPointer(pointer, key), depth + 1, visit);
  }
}
