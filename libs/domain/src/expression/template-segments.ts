import { BoundedCache } from '../bounded-cache';
import { ExpressionError } from './expression-error';

/** A string of a template: text that stands as it is, and expressions. */
export type Segment = { readonly kind: 'text' | 'expression'; readonly text: string };

const OPEN = '${{';
const TEMPLATES_KEPT_MAX = 4_096;
/** Longer strings are cut up anew each time, so that what is kept stays small. */
const TEMPLATE_KEPT_LENGTH_MAX = 4_096;

const kept = new BoundedCache<string, readonly Segment[]>(TEMPLATES_KEPT_MAX);

export const hasExpression = (text: string): boolean => text.includes(OPEN);

/** Cuts a string at its `${{ }}`. Throws an ExpressionError where one is not closed. */
export function segmentsOf(text: string): readonly Segment[] {
  return text.length > TEMPLATE_KEPT_LENGTH_MAX ? cut(text) : kept.get(text, () => cut(text));
}

/** Whether an expression stands beside text: then the whole is text, whatever value the expression has. */
export function mixesText(text: string): boolean {
  const inner = text.startsWith(OPEN) && text.endsWith('}}') ? text.slice(OPEN.length, -2) : undefined;
  return hasExpression(text) && (inner === undefined || inner.includes(OPEN));
}

function cut(text: string): readonly Segment[] {
  const segments: Segment[] = [];
  let from = 0;
  for (let open = text.indexOf(OPEN); open >= 0; open = text.indexOf(OPEN, from)) {
    if (open > from) segments.push({ kind: 'text', text: text.slice(from, open) });
    const close = closeOf(text, open + OPEN.length);
    segments.push({ kind: 'expression', text: text.slice(open + OPEN.length, close).trim() });
    from = close + 2;
  }
  if (from < text.length) segments.push({ kind: 'text', text: text.slice(from) });
  return segments;
}

// `}}` also ends two nested maps and may stand inside a string, so braces are counted and strings are skipped.
function closeOf(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const character = text[at];
    if (character === '"' || character === "'") {
      at = afterString(text, at);
      continue;
    }
    if (character === '{') depth++;
    if (character === '}' && depth === 0 && text[at + 1] === '}') return at;
    if (character === '}') depth--;
    at++;
  }
  throw new ExpressionError("A '${{' has no '}}'.");
}

function afterString(text: string, open: number): number {
  const quote = text[open]!;
  const isRaw = isRawPrefixed(text, open);
  const delimiter = text.startsWith(quote.repeat(3), open) ? quote.repeat(3) : quote;
  let at = open + delimiter.length;
  while (at < text.length && !text.startsWith(delimiter, at)) at += text[at] === '\\' && !isRaw ? 2 : 1;
  return at + delimiter.length;
}

const isRawPrefixed = (text: string, quote: number): boolean =>
  /[rR]/.test(text[quote - 1] ?? '') && !/\w/.test(text[quote - 2] ?? '');
