import { type JsonObject, type JsonValue, sha256Hex } from '@muster/domain';
import { TOOL_LIMITS } from '../limits';
import type { Builtin, BuiltinResult } from './builtin';
import { renderReport } from './markdown';

/** None of them runs as a program when a browser opens the artifact. */
const MEDIA_TYPES: readonly string[] = ['text/markdown', 'text/plain', 'text/csv', 'application/json'];
/** Safe as the name of a file on any system. */
const NAME = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${TOOL_LIMITS.ARTIFACT_NAME_LENGTH_MAX - 1}}$`);

/**
 * Writes an artifact. `content` is a text, or for application/json any value; `report` is rendered as Markdown (see
 * renderReport). The bytes go out with the answer and are written in the statement that settles the operation.
 */
export const reportWrite: Builtin = {
  contract: {
    name: 'report.write',
    version: '1',
    description: 'Writes an artifact of the task: Markdown, plain text, CSV or JSON.',
    transport: { type: 'builtin', name: 'report.write' },
    input: {
      type: 'object',
      properties: {
        name: { type: 'string', pattern: NAME.source },
        mediaType: { type: 'string', enum: [...MEDIA_TYPES] },
        content: {},
        report: {
          type: 'object',
          properties: { title: { type: 'string' }, sections: { type: 'array', items: { type: 'object' } } },
          required: ['title', 'sections'],
        },
      },
      required: ['name'],
      additionalProperties: false,
      oneOf: [{ required: ['content'] }, { required: ['report'] }],
    },
    output: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        mediaType: { type: 'string' },
        hash: { type: 'string' },
        size: { type: 'integer' },
      },
      required: ['name', 'mediaType', 'hash', 'size'],
    },
    effect: 'transactional',
  },
  run: writeReport,
};

function writeReport(input: JsonObject): BuiltinResult {
  const { name, mediaType = 'text/markdown' } = input;
  if (typeof name !== 'string' || !NAME.test(name))
    return refused('`name` is letters, digits, dots, dashes and underscores.');
  if (typeof mediaType !== 'string' || !MEDIA_TYPES.includes(mediaType))
    return refused(`\`mediaType\` is one of ${MEDIA_TYPES.join(', ')}.`);
  const text = textOf(input, mediaType);
  if (text === undefined)
    return refused('Give either `content` (a text, or any value as application/json) or a `report` as text/markdown.');
  const content = Buffer.from(text);
  if (content.length > TOOL_LIMITS.RESPONSE_BYTES_MAX) return refused('The artifact is larger than may be kept.');
  const address = { name, mediaType, hash: sha256Hex(content), size: content.length };
  return { kind: 'done', output: address, writes: [{ ...address, content }] };
}

function textOf({ content, report }: JsonObject, mediaType: string): string | undefined {
  if ((content === undefined) === (report === undefined)) return undefined;
  if (report !== undefined) return mediaType === 'text/markdown' ? renderReport(report) : undefined;
  return mediaType === 'application/json' ? jsonText(content) : textContent(content);
}

const jsonText = (content: JsonValue | undefined): string => `${JSON.stringify(content, null, 2)}\n`;

const textContent = (content: JsonValue | undefined): string | undefined =>
  typeof content === 'string' ? content : undefined;

const refused = (message: string): BuiltinResult => ({ kind: 'refused', message });
