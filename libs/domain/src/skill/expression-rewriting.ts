/**
 * A path as it stands in the text of an expression: `input.email`, `steps["find"].output`. A method's name ends it.
 */
export interface WrittenPath {
  readonly root: string;
  readonly keys: readonly (string | number)[];
  /** It is what `has( )` asks about, and has to stay a path. */
  readonly isAsked: boolean;
}

/** What stands for a path, and how many of its keys that makes up for; `answer` stands for the whole `has( )` instead. */
export type Rewriting = { readonly text: string; readonly taken: number } | { readonly answer: boolean };

/** Undefined: the path stays as it is. */
export type Rewrite = (path: WrittenPath) => Rewriting | undefined;

/** Puts other text in place of the paths of an expression. Strings, names of members and of functions stay as they are. */
export function rewriteExpression(text: string, rewrite: Rewrite): string {
  let rewritten = '';
  let at = 0;
  for (const found of pathsIn(text)) {
    const change = rewrite(found);
    if (!change) continue;
    if ('answer' in change) {
      rewritten += text.slice(at, found.asking!.from) + String(change.answer);
      at = found.asking!.to;
    } else {
      rewritten += text.slice(at, found.from) + change.text;
      at = change.taken === 0 ? found.from + found.root.length : found.ends[change.taken - 1]!;
    }
  }
  return rewritten + text.slice(at);
}

/** The path that a text is as a whole. */
export function onlyPathOf(text: string): WrittenPath | undefined {
  const [first] = pathsIn(text.trim());
  return first?.from === 0 && (first.ends.at(-1) ?? first.root.length) === text.trim().length ? first : undefined;
}

interface FoundPath extends WrittenPath {
  readonly from: number;
  /** Where each key ends in the text. */
  readonly ends: readonly number[];
  /** The `has( )` around it. */
  readonly asking?: { readonly from: number; readonly to: number };
}

const TOKEN =
  /[rR]?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|[A-Za-z_]\w*|\d[\w.]*|[\s\S]/g;
const NAME = /^[A-Za-z_]\w*$/;
const MEMBER = /\s*(?:\.\s*([A-Za-z_]\w*)(?!\w|\s*\()|\[\s*(?:"([^"\\]*)"|'([^'\\]*)'|(\d+))\s*\])/y;
const CALLED = /\s*\(/y;
const ASKING = /(?<![\w.])has\s*\(\s*$/;
const CLOSING = /\s*\)/y;

function* pathsIn(text: string): Iterable<FoundPath> {
  let before = '';
  TOKEN.lastIndex = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (NAME.test(token) && before !== '.' && !matchesAt(CALLED, text, index + token.length)) {
      yield pathAt(text, index, token);
    }
    if (token.trim() !== '') before = token;
  }
}

function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

function pathAt(text: string, from: number, root: string): FoundPath {
  const keys: (string | number)[] = [];
  const ends: number[] = [];
  MEMBER.lastIndex = from + root.length;
  for (let member = MEMBER.exec(text); member; member = MEMBER.exec(text)) {
    const [, name, double, single, index] = member;
    keys.push(index === undefined ? (name ?? double ?? single)! : Number(index));
    ends.push(MEMBER.lastIndex);
  }
  const asks = ASKING.exec(text.slice(0, from));
  CLOSING.lastIndex = ends.at(-1) ?? from + root.length;
  const isAsked = asks !== null && CLOSING.test(text);
  return { root, keys, from, ends, isAsked, ...(isAsked && { asking: { from: asks.index, to: CLOSING.lastIndex } }) };
}
