import { ExpressionError } from './expression-error';

/** Whether a code point belongs to a set. */
export type CharacterSet = (codePoint: number) => boolean;

/** A pattern as a tree. `times` repeats; `max` is Infinity where it is open. */
export type PatternNode =
  | { readonly kind: 'one'; readonly set: CharacterSet }
  | { readonly kind: 'start' | 'end' | 'boundary' | 'inside' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'times'; readonly part: PatternNode; readonly min: number; readonly max: number };

const REPEAT_MAX = 1_000;
const GROUP_DEPTH_MAX = 32;

const within =
  (...ranges: readonly (readonly [string, string])[]): CharacterSet =>
  (c) =>
    ranges.some(([from, to]) => c >= from.charCodeAt(0) && c <= to.charCodeAt(0));

const not =
  (set: CharacterSet): CharacterSet =>
  (c) =>
    !set(c);

const DIGIT = within(['0', '9']);
export const isWordCharacter = within(['0', '9'], ['A', 'Z'], ['a', 'z'], ['_', '_']);
const SPACE = within([' ', ' '], ['\t', '\n'], ['\f', '\r']);

const CLASSES: Readonly<Record<string, CharacterSet>> = {
  d: DIGIT,
  D: not(DIGIT),
  w: isWordCharacter,
  W: not(isWordCharacter),
  s: SPACE,
  S: not(SPACE),
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v' };
const NEWLINE = 10;

/**
 * Parses the part of RE2's syntax that CEL's `matches` is mostly written in: characters, `.`, classes, groups, `|`,
 * `* + ? {m,n}` (also lazy), `^ $ \b \B`, a leading `(?i)`. Anything else is refused by name.
 */
export class PatternParser {
  private readonly characters: readonly string[];
  private readonly ignoreCase: boolean;
  private at = 0;
  private depth = 0;

  constructor(pattern: string) {
    this.ignoreCase = pattern.startsWith('(?i)');
    this.characters = [...(this.ignoreCase ? pattern.slice(4) : pattern)];
  }

  parse(): PatternNode {
    const node = this.choice();
    if (this.at < this.characters.length) this.refuse(`an unmatched '${this.characters[this.at]}'`);
    return node;
  }

  private choice(): PatternNode {
    if (++this.depth > GROUP_DEPTH_MAX) this.refuse('groups nested too deep');
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    this.depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.at < this.characters.length && !['|', ')'].includes(this.peek())) parts.push(this.repeated());
    return { kind: 'sequence', parts };
  }

  private repeated(): PatternNode {
    const part = this.atom();
    const bounds = this.bounds();
    if (bounds === undefined) return part;
    // Lazy or not changes what is captured, never whether it matches.
    this.take('?');
    if (this.bounds() !== undefined) this.refuse('a repeat of a repeat');
    return { kind: 'times', part, ...bounds };
  }

  private bounds(): { min: number; max: number } | undefined {
    if (this.take('*')) return { min: 0, max: Infinity };
    if (this.take('+')) return { min: 1, max: Infinity };
    if (this.take('?')) return { min: 0, max: 1 };
    const counted = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.characters.slice(this.at, this.at + 11).join(''));
    if (!counted) return undefined;
    this.at += counted[0].length;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] ? Number(counted[3]) : Infinity;
    if (min > REPEAT_MAX || (max !== Infinity && (max > REPEAT_MAX || max < min))) this.refuse(`'${counted[0]}'`);
    return { min, max };
  }

  private atom(): PatternNode {
    const character = this.next();
    switch (character) {
      case '(':
        return this.group();
      case '[':
        return { kind: 'one', set: this.bracket() };
      case '.':
        return { kind: 'one', set: (c) => c !== NEWLINE };
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '\\':
        return this.escape();
      case '*':
      case '+':
      case '?':
        return this.refuse(`a '${character}' with nothing before it`);
      default:
        return { kind: 'one', set: this.literal(character) };
    }
  }

  private group(): PatternNode {
    if (this.take('?') && !this.take(':')) this.refuse(`'(?${this.peek()}'`);
    const node = this.choice();
    if (!this.take(')')) this.refuse('a group that is not closed');
    return node;
  }

  private escape(): PatternNode {
    if (this.take('b')) return { kind: 'boundary' };
    if (this.take('B')) return { kind: 'inside' };
    return { kind: 'one', set: this.escapedSet() };
  }

  private escapedSet(): CharacterSet {
    const character = this.next();
    return CLASSES[character] ?? this.literal(this.escapedCharacter(character));
  }

  private escapedCharacter(character: string): string {
    const control = CONTROLS[character];
    if (control !== undefined) return control;
    if (/[A-Za-z0-9]/.test(character)) this.refuse(`'\\${character}'`);
    return character;
  }

  private bracket(): CharacterSet {
    const negated = this.take('^');
    const sets: CharacterSet[] = [];
    while (sets.length === 0 || this.peek() !== ']') sets.push(this.member());
    this.at++;
    const any: CharacterSet = (c) => sets.some((set) => set(c));
    return negated ? not(any) : any;
  }

  private member(): CharacterSet {
    const from = this.next();
    if (from === '[' && this.peek() === ':') this.refuse(`'[:'`);
    if (from === '\\' && CLASSES[this.peek()]) return this.escapedSet();
    const first = from === '\\' ? this.escapedCharacter(this.next()) : from;
    if (this.peek() !== '-' || [']', ''].includes(this.characters[this.at + 1] ?? '')) return this.literal(first);
    this.at++;
    const to = this.next();
    return this.range(first, to === '\\' ? this.escapedCharacter(this.next()) : to);
  }

  private range(from: string, to: string): CharacterSet {
    const [first, last] = [from.codePointAt(0)!, to.codePointAt(0)!];
    if (first > last) this.refuse(`the range '${from}-${to}'`);
    return this.folded((c) => c >= first && c <= last);
  }

  private literal(character: string): CharacterSet {
    const wanted = character.codePointAt(0);
    return this.folded((c) => c === wanted);
  }

  private folded(set: CharacterSet): CharacterSet {
    if (!this.ignoreCase) return set;
    return (c) => {
      const character = String.fromCodePoint(c);
      return set(c) || set(character.toLowerCase().codePointAt(0)!) || set(character.toUpperCase().codePointAt(0)!);
    };
  }

  private peek(): string {
    return this.characters[this.at] ?? '';
  }

  private next(): string {
    const character = this.characters[this.at++];
    return character ?? this.refuse('an unfinished end');
  }

  private take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.at++;
    return true;
  }

  private refuse(what: string): never {
    throw new ExpressionError(`matches() does not take a pattern with ${what}.`);
  }
}
