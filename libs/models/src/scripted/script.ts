import { readFileSync } from 'node:fs';
import {
  canonicalJson,
  checkExpression,
  checkTemplate,
  type JsonObject,
  type JsonValue,
  schemaOf,
} from '@muster/domain';
import { MODEL_LIMITS } from '../limits';
import { ScriptInvalid } from './script.fault';

/** What a request has to be like; every member that is given has to hold. */
export interface When {
  /** Stands in a system message; of several, all do. */
  readonly instructions?: string | readonly string[];
  /** Stands in the last message of a user. */
  readonly lastUser?: string | readonly string[];
  /** How often the model has answered before, in this request. */
  readonly round?: number;
  /** The tool that the last result is of. */
  readonly result?: string;
  /** CEL over `input`, `user`, `round` and `results`. */
  readonly if?: string;
}

export interface ScriptedCall {
  readonly name: string;
  /** A text stands for itself, as a model that writes no JSON would write it. */
  readonly arguments: JsonValue;
}

/** One of `text`, `output` and `calls`, or `text` and `calls`; `${{ }}` in them is filled in. */
export interface Say {
  readonly text?: string;
  readonly output?: JsonValue;
  readonly calls?: readonly ScriptedCall[];
  /** As it stands: nothing in it is filled in. */
  readonly literal?: boolean;
  readonly finishReason?: string;
  /** Default: estimated from the lengths, so that budgets are spent offline too. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
  readonly afterMs?: number;
}

export interface Rule {
  readonly when: When;
  readonly say: Say;
}

export interface Script {
  readonly file: string;
  readonly rules: readonly Rule[];
}

/** `input` and `user`: the request's input and last user text; `results`: the last result of each tool, by its name. */
const SCRIPT_VARIABLES = ['input', 'user', 'round', 'results'] as const;

const texts: JsonObject = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] };
const count: JsonObject = { type: 'integer', minimum: 0 };
const objectOf = (properties: JsonObject, required: string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const SHAPE = objectOf(
  {
    rules: {
      type: 'array',
      minItems: 1,
      maxItems: MODEL_LIMITS.SCRIPT_RULES_MAX,
      items: objectOf(
        {
          when: objectOf({
            instructions: texts,
            lastUser: texts,
            round: count,
            result: { type: 'string' },
            if: { type: 'string' },
          }),
          say: {
            ...objectOf({
              text: { type: 'string' },
              output: true,
              calls: {
                type: 'array',
                minItems: 1,
                items: objectOf({ name: { type: 'string' }, arguments: true }, ['name']),
              },
              literal: { type: 'boolean' },
              finishReason: { enum: ['stop', 'length', 'tool-calls', 'content-filter', 'other'] },
              usage: objectOf({ inputTokens: count, outputTokens: count }, ['inputTokens', 'outputTokens']),
              afterMs: { type: 'integer', minimum: 0, maximum: 600_000 },
            }),
            oneOf: [{ required: ['output'] }, { anyOf: [{ required: ['text'] }, { required: ['calls'] }] }],
          },
        },
        ['say'],
      ),
    },
  },
  ['rules'],
);

/** Reads and checks a script. Throws ScriptInvalid with every problem. */
export function readScript(file: string): Script {
  const document = parsed(file);
  const violations = schemaOf(SHAPE).violationsOf(document);
  if (violations.length > 0) {
    throw new ScriptInvalid(
      file,
      violations.map(({ pointer, message }) => `${pointer || '/'} ${message}`),
    );
  }
  const rules = (document as unknown as { rules: (Partial<Rule> & Pick<Rule, 'say'>)[] }).rules.map(ruleOf);
  const problems = rules.flatMap((rule, i) => expressionProblems(rule, `/rules/${i}`));
  if (problems.length > 0) throw new ScriptInvalid(file, problems);
  return { file, rules };
}

const ruleOf = ({ when = {}, say }: Partial<Rule> & Pick<Rule, 'say'>): Rule => ({
  when,
  say: say.calls ? { ...say, calls: say.calls.map((call) => ({ ...call, arguments: call.arguments ?? {} })) } : say,
});

function parsed(file: string): JsonValue {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > MODEL_LIMITS.SCRIPT_BYTES_MAX)
      throw new Error(`it is larger than ${MODEL_LIMITS.SCRIPT_BYTES_MAX} bytes`);
    // JSON is YAML too. Only JSON values have a canonical form, so a date or an endless number is found out here.
    const value = yaml().parse(text, { prettyErrors: true }) as JsonValue;
    canonicalJson(value);
    return value;
  } catch (cause) {
    throw new ScriptInvalid(file, [(cause as Error).message.trimEnd()]);
  }
}

/** Only scripts need it, and it takes longer to load than all the rest of this library. */
const yaml = (): typeof import('yaml') => require('yaml');

function expressionProblems({ when, say }: Rule, pointer: string): string[] {
  const condition = when.if === undefined ? undefined : checkExpression(when.if, SCRIPT_VARIABLES);
  const refused = condition?.ok === false ? [`${pointer}/when/if ${condition.message}`] : [];
  if (say.literal) return refused;
  const { problems } = checkTemplate(sayable(say), SCRIPT_VARIABLES, `${pointer}/say`);
  return [...refused, ...problems.map((problem) => `${problem.pointer} ${problem.message}`)];
}

/** What of a `say` may quote the request. */
export const sayable = ({ text, output, calls }: Say): JsonObject => ({
  ...(text === undefined ? {} : { text }),
  ...(output === undefined ? {} : { output }),
  ...(calls === undefined ? {} : { calls: calls as unknown as JsonValue }),
});
