import { evaluate, guardJson, type JsonObject, type JsonValue, type Scope } from '@muster/domain';
import type { ModelMessage, ModelRequest } from '../model';
import type { Rule, Script, When } from './script';

/** What a script sees of a request. */
export interface View {
  readonly instructions: string;
  /** The request's input: the first user message, as JSON where it is some. */
  readonly input: JsonValue;
  readonly user: string;
  readonly round: number;
  readonly results: JsonObject;
  /** The tool of the last result. */
  readonly lastResult: string | undefined;
}

export type Match =
  | { readonly ok: true; readonly rule: Rule; readonly place: string }
  | { readonly ok: false; readonly message: string };

/** Pure: all that a script may decide by is in the request, so that the same request gets the same answer after a crash. */
export function viewOf({ messages }: ModelRequest): View {
  const users = messages.filter(isFromUser);
  const results = messages.filter((message) => message.role === 'tool');
  const input = users.find(({ origin }) => origin === 'input') ?? users[0];
  return {
    instructions: messages.flatMap((message) => (message.role === 'system' ? [message.text] : [])).join('\n'),
    input: jsonOrText(input?.text ?? ''),
    user: users.at(-1)?.text ?? '',
    round: messages.filter(({ role }) => role === 'assistant').length,
    results: Object.fromEntries(results.map(({ name, content }) => [name, content])),
    lastResult: results.at(-1)?.name,
  };
}

type Spoken = Extract<ModelMessage, { role: 'system' | 'user' }>;
const isFromUser = (message: ModelMessage): message is Spoken => message.role === 'user';

function jsonOrText(text: string): JsonValue {
  const read = guardJson(text);
  return read.ok ? read.value : text;
}

export const scopeOf = ({ input, user, round, results }: View): Scope => ({ input, user, round, results });

/** The first rule that holds. */
export function matchOf({ rules }: Script, view: View): Match {
  for (const [i, rule] of rules.entries()) {
    const place = `rule ${i + 1}`;
    const holds = whenHolds(rule.when, view);
    if (typeof holds === 'string') return { ok: false, message: `${place}: ${holds}` };
    if (holds) return { ok: true, rule, place };
  }
  return { ok: false, message: `none of its ${rules.length} rules is for ${portraitOf(view)}` };
}

function whenHolds(when: When, view: View): boolean | string {
  const { instructions, lastUser, round, result } = when;
  const holds =
    allIn(instructions, view.instructions) &&
    allIn(lastUser, view.user) &&
    (round === undefined || round === view.round) &&
    (result === undefined || result === view.lastResult);
  if (!holds || when.if === undefined) return holds;
  const value = evaluate(when.if, scopeOf(view));
  if (!value.ok) return `its condition has no value: ${value.message}`;
  return value.value === true;
}

const allIn = (texts: string | readonly string[] | undefined, text: string): boolean =>
  [texts ?? []].flat().every((part) => text.includes(part));

const SHOWN_LENGTH_MAX = 200;

/** Enough of a request to write the rule that is missing. */
function portraitOf({ round, lastResult, user, instructions }: View): string {
  const after = lastResult === undefined ? '' : `, after a result of ${lastResult}`;
  return `round ${round}${after}; the last user text is ${shown(user)}, the instructions are ${shown(instructions)}`;
}

const shown = (text: string): string =>
  JSON.stringify(text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text);
