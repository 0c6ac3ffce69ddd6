import type { JsonObject, JsonValue } from '@muster/domain';
import type { Builtin, BuiltinResult } from './builtin';

const RECORD = '\x1e';
const FIELD = '\x1f';
/** Of files that lie in no directory. */
const ROOT_AREA = '(root)';
/** Of commits that touch no file: merges, empty ones. */
const NO_AREA = '(none)';

interface Commit {
  readonly author: string;
  readonly areas: readonly string[];
}

const AREAS_SCHEMA: JsonObject = {
  type: 'array',
  items: {
    type: 'object',
    properties: { area: { type: 'string' }, commits: { type: 'integer' } },
    required: ['area', 'commits'],
  },
};

/**
 * Groups a git log by author and area, an area being the first `areaDepth` directories of a path. The log is what
 * `git -c core.quotepath=off log --name-only --format=%x1e%H%x1f%an` prints, as one text or as its lines. A commit that
 * touches several areas counts once in each, so that the areas' sum may exceed the commits.
 */
export const commitsGroup: Builtin = {
  contract: {
    name: 'commits.group',
    version: '1',
    description: 'Groups a git log by author and by area of the source tree.',
    transport: { type: 'builtin', name: 'commits.group' },
    input: {
      type: 'object',
      properties: {
        log: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
        areaDepth: { type: 'integer', minimum: 1, maximum: 8 },
      },
      required: ['log'],
      additionalProperties: false,
    },
    output: {
      type: 'object',
      properties: {
        total: { type: 'integer' },
        areas: AREAS_SCHEMA,
        authors: {
          type: 'array',
          items: {
            type: 'object',
            properties: { author: { type: 'string' }, commits: { type: 'integer' }, areas: AREAS_SCHEMA },
            required: ['author', 'commits', 'areas'],
          },
        },
      },
      required: ['total', 'areas', 'authors'],
    },
    effect: 'none',
  },
  run: groupCommits,
};

function groupCommits(input: JsonObject): BuiltinResult {
  const log = logText(input.log);
  const areaDepth = input.areaDepth ?? 1;
  if (log === undefined) return { kind: 'refused', message: '`log` is a text or a list of lines.' };
  if (typeof areaDepth !== 'number' || !Number.isInteger(areaDepth) || areaDepth < 1) {
    return { kind: 'refused', message: '`areaDepth` is a whole number from 1.' };
  }
  const commits = readCommits(log, areaDepth);
  if (!commits) return { kind: 'refused', message: 'The log is not in the format %x1e%H%x1f%an with --name-only.' };
  const authors = count(commits.map(({ author }) => author)).map(({ name, commits: total }) => ({
    author: name,
    commits: total,
    areas: areasOf(commits.filter((commit) => commit.author === name)),
  }));
  return { kind: 'done', output: { total: commits.length, areas: areasOf(commits), authors } };
}

function logText(log: JsonValue | undefined): string | undefined {
  if (typeof log === 'string') return log;
  return Array.isArray(log) && log.every((line) => typeof line === 'string') ? log.join('\n') : undefined;
}

function readCommits(log: string, areaDepth: number): Commit[] | undefined {
  const [before = '', ...records] = log.split(RECORD);
  if (before.trim() !== '') return undefined;
  const commits: Commit[] = [];
  for (const record of records) {
    const [header = '', ...paths] = record.split('\n').filter((line) => line.trim() !== '');
    const [hash = '', author] = header.split(FIELD);
    if (author === undefined || !/^[0-9a-f]{40,64}$/.test(hash)) return undefined;
    const areas = new Set(paths.map((path) => areaOf(path, areaDepth)));
    commits.push({ author, areas: areas.size === 0 ? [NO_AREA] : [...areas] });
  }
  return commits;
}

function areaOf(path: string, areaDepth: number): string {
  const directories = path.split('/').slice(0, -1);
  return directories.length === 0 ? ROOT_AREA : directories.slice(0, areaDepth).join('/');
}

const areasOf = (commits: readonly Commit[]): JsonValue[] =>
  count(commits.flatMap(({ areas }) => areas)).map(({ name, commits: total }) => ({ area: name, commits: total }));

/** Most first; equals by code point, so that the same log gives the same bytes on every machine. */
function count(names: readonly string[]): { name: string; commits: number }[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .map(([name, commits]) => ({ name, commits }))
    .sort((a, b) => b.commits - a.commits || (a.name < b.name ? -1 : 1));
}
