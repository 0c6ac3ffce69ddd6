import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  childPointer,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type ModelPrices,
  schemaOf,
} from '@muster/domain';

interface AnyModel {
  readonly prices?: ModelPrices;
  /** Calls of this model that one executor has open at the same time, over all agents. */
  readonly maxInFlight?: number;
}

interface RemoteModel extends AnyModel {
  /** As the provider names it. */
  readonly model: string;
  /** The variable that holds the key; the key itself stands in no file and no message. */
  readonly apiKeyEnv?: string;
  readonly baseUrl?: string;
}

/** One model that agents and the planner may call. */
export type ModelSetting =
  | (RemoteModel & {
      readonly provider: 'openai-compatible';
      readonly baseUrl: string;
      /** Whether the server takes a JSON Schema for its answer (`response_format`), also beside tools. */
      readonly structuredOutputs?: boolean;
      /** Further members of every request's body, as the server names them: `temperature`, `seed`. */
      readonly options?: JsonObject;
    })
  | (RemoteModel & { readonly provider: 'anthropic'; readonly apiKeyEnv: string })
  | (AnyModel & {
      readonly provider: 'scripted';
      /** Its script: absolute, once it is read. */
      readonly file: string;
    });

export type ModelSettings = Readonly<Record<string, ModelSetting>>;

export interface ModelsReading {
  readonly models: ModelSettings;
  readonly problems: readonly string[];
}

const REMEDY = 'docs/models.md shows every provider.';
const NAME = '^[a-z0-9]+([._-][a-z0-9]+)*$';

const anyMember: JsonObject = {
  prices: {
    type: 'object',
    properties: {
      inputPerMillion: { type: 'number', minimum: 0 },
      outputPerMillion: { type: 'number', minimum: 0 },
    },
    required: ['inputPerMillion', 'outputPerMillion'],
    additionalProperties: false,
  },
  maxInFlight: { type: 'integer', minimum: 1, maximum: 10_000 },
};
const remoteMember: JsonObject = {
  ...anyMember,
  model: { type: 'string', minLength: 1 },
  // No user and password in it: the address is shown in messages.
  baseUrl: { type: 'string', pattern: '^https?://[^@/?#]+(/[^@?#]*)?$' },
  apiKeyEnv: { type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
};

const shapeOf = (members: JsonObject, required: string[]): JsonObject => ({
  type: 'object',
  properties: { ...members, provider: true },
  required,
  additionalProperties: false,
});

const SHAPES: Readonly<Record<ModelSetting['provider'], JsonObject>> = {
  'openai-compatible': shapeOf(
    { ...remoteMember, structuredOutputs: { type: 'boolean' }, options: { type: 'object' } },
    ['model', 'baseUrl'],
  ),
  anthropic: shapeOf(remoteMember, ['model', 'apiKeyEnv']),
  scripted: shapeOf({ ...anyMember, file: { type: 'string', minLength: 1 } }, ['file']),
};

/**
 * What MODELS says: JSON, or the path of a JSON or YAML file. Paths of scripts are meant from the file's folder. No
 * value is repeated in a problem: somebody may have written a key where its variable's name belongs.
 */
export function readModels(source: string | undefined, cwd = process.cwd()): ModelsReading {
  if (!source) return { models: {}, problems: [] };
  const isInline = source.trimStart().startsWith('{');
  const file = isInline ? undefined : resolve(cwd, source);
  const place = file === undefined ? 'MODELS' : `MODELS (${file})`;
  const reading = file === undefined ? parsed(source, false) : fromFile(file);
  if ('problem' in reading) return { models: {}, problems: [`${place} ${reading.problem} ${REMEDY}`] };
  return checked(reading.value, place, file === undefined ? cwd : dirname(file));
}

type Parsing = { readonly value: unknown } | { readonly problem: string };

function fromFile(file: string): Parsing {
  try {
    return parsed(readFileSync(file, 'utf8'), !file.endsWith('.json'));
  } catch (cause) {
    return { problem: `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}.` };
  }
}

function parsed(text: string, isYaml: boolean): Parsing {
  try {
    return { value: isYaml ? yaml().parse(text, { prettyErrors: false }) : JSON.parse(text) };
  } catch {
    // The parser's own message quotes the text, and with it whatever was written there.
    return { problem: `is no ${isYaml ? 'YAML' : 'JSON'}.` };
  }
}

/** Loaded where it is needed: most services start without it, and it costs more than all other settings together. */
const yaml = (): typeof import('yaml') => require('yaml');

function checked(value: unknown, place: string, folder: string): ModelsReading {
  if (!isJsonObject(value)) return { models: {}, problems: [`${place} is no object of names and models. ${REMEDY}`] };
  const problems = Object.entries(value).flatMap(([name, setting]) =>
    problemsOf(name, setting).map((problem) => `${place} at ${problem} ${REMEDY}`),
  );
  if (problems.length > 0) return { models: {}, problems };
  const settings = Object.entries(value as unknown as ModelSettings);
  return { models: Object.fromEntries(settings.map(([name, one]) => [name, placed(one, folder)])), problems };
}

function problemsOf(name: string, setting: JsonValue): string[] {
  const pointer = childPointer('', name);
  if (!new RegExp(NAME).test(name)) {
    return [`${pointer}: a name is lower-case letters and digits, parted by '.', '_' or '-'.`];
  }
  const provider = isJsonObject(setting) ? setting.provider : undefined;
  const shape =
    typeof provider === 'string' && Object.hasOwn(SHAPES, provider) && SHAPES[provider as keyof typeof SHAPES];
  if (!shape) return [`${pointer}/provider: must be one of ${Object.keys(SHAPES).join(', ')}.`];
  return schemaOf(shape)
    .violationsOf(setting)
    .map((violation) => `${pointer}${violation.pointer}: ${violation.message}.`);
}

const placed = (setting: ModelSetting, folder: string): ModelSetting =>
  setting.provider === 'scripted' ? { ...setting, file: resolve(folder, setting.file) } : setting;
