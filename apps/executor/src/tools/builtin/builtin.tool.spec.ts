import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonValue, sha256Hex } from '@muster/domain';
import Ajv2020 from 'ajv/dist/2020';
import { aCall } from '../testing/calls';
import { BuiltinTool } from './builtin.tool';
import { BUILTIN_CONTRACTS } from './builtins';

const tool = new BuiltinTool();
const run = (name: string, input: JsonValue) => tool.call(aCall({ type: 'builtin', name }, { input }));

async function outputOf(name: string, input: JsonValue): Promise<JsonValue> {
  const answer = await run(name, input);
  if (answer.kind !== 'output') throw new Error(JSON.stringify(answer));
  return JSON.parse(answer.body.toString()) as JsonValue;
}
async function textOf(input: JsonValue): Promise<string | undefined> {
  const answer = await run('report.write', input);
  return answer.kind === 'output' ? answer.writes?.[0]?.content.toString() : undefined;
}

describe('every builtin', () => {
  it.each(BUILTIN_CONTRACTS.map((contract) => [contract.name, contract] as const))(
    '%s has a contract that names it, with schemas that compile',
    (name, contract) => {
      const ajv = new Ajv2020({ strict: false });

      expect(contract.transport).toEqual({ type: 'builtin', name });
      expect(() => [ajv.compile(contract.input), ajv.compile(contract.output)]).not.toThrow();
    },
  );

  it('refuses an input that is no object, and a name nobody has, for good', async () => {
    expect(await run('echo', [1])).toMatchObject({ kind: 'rejected', code: 'input_refused' });
    expect(await run('nobody', {})).toMatchObject({ kind: 'rejected', code: 'builtin_unknown' });
  });
});

describe('echo', () => {
  it('gives back what it got', async () => {
    expect(await outputOf('echo', { a: [1, { b: null }] })).toEqual({ a: [1, { b: null }] });
  });
});

describe('commits.group', () => {
  const commit = (author: string, ...paths: string[]) => `\x1e${'a'.repeat(40)}\x1f${author}\n\n${paths.join('\n')}\n`;

  it('counts by author and by area, most first, equals in order of their names', async () => {
    const log = [
      commit('Bea', 'apps/x/a.ts', 'apps/y/b.ts', 'README.md'),
      commit('Ada', 'libs/z.ts'),
      commit('Bea', 'libs/z.ts'),
      commit('Cyd'),
    ].join('');

    expect(await outputOf('commits.group', { log })).toEqual({
      total: 4,
      areas: [
        { area: 'libs', commits: 2 },
        { area: '(none)', commits: 1 },
        { area: '(root)', commits: 1 },
        { area: 'apps', commits: 1 },
      ],
      authors: [
        {
          author: 'Bea',
          commits: 2,
          areas: [
            { area: '(root)', commits: 1 },
            { area: 'apps', commits: 1 },
            { area: 'libs', commits: 1 },
          ],
        },
        { author: 'Ada', commits: 1, areas: [{ area: 'libs', commits: 1 }] },
        { author: 'Cyd', commits: 1, areas: [{ area: '(none)', commits: 1 }] },
      ],
    });
  });

  it('looks as deep as it is told, and takes lines as well', async () => {
    const lines = commit('Ada', 'apps/x/src/a.ts').split('\n');

    expect(await outputOf('commits.group', { log: lines, areaDepth: 2 })).toMatchObject({
      areas: [{ area: 'apps/x', commits: 1 }],
    });
  });

  it('finds nothing in an empty log', async () => {
    expect(await outputOf('commits.group', { log: '' })).toEqual({ total: 0, areas: [], authors: [] });
  });

  it.each<[string, JsonValue]>([
    ['another format', { log: 'commit abc\nAuthor: Ada' }],
    ['a broken record', { log: '\x1enot-a-hash\x1fAda' }],
    ['no log', {}],
    ['a depth of nothing', { log: '', areaDepth: 0 }],
  ])('refuses %s', async (_what, input) => {
    expect(await run('commits.group', input)).toMatchObject({ kind: 'rejected', code: 'input_refused' });
  });

  it('reads what the documented command prints', async () => {
    const repository = mkdtempSync(join(tmpdir(), 'commits-'));
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', repository, '-c', 'user.name=Ada', '-c', 'user.email=a@b.test', ...args], {
        encoding: 'utf8',
      });
    git('init', '--quiet');
    writeFileSync(join(repository, 'ünï.txt'), '');
    git('add', '.');
    git('commit', '--quiet', '-m', 'One');

    const log = git('-c', 'core.quotepath=off', 'log', '--name-only', '--format=%x1e%H%x1f%an');

    expect(await outputOf('commits.group', { log })).toMatchObject({
      total: 1,
      authors: [{ author: 'Ada', areas: [{ area: '(root)' }] }],
    });
    rmSync(repository, { recursive: true });
  });
});

describe('report.write', () => {
  it('hands over the bytes to be written with its answer, under their own hash', async () => {
    const answer = await run('report.write', { name: 'report.md', content: '# Hä?\n' });

    const content = Buffer.from('# Hä?\n');
    const address = { name: 'report.md', mediaType: 'text/markdown', hash: sha256Hex(content), size: content.length };
    expect(answer).toEqual({
      kind: 'output',
      body: Buffer.from(JSON.stringify(address)),
      writes: [{ ...address, content }],
    });
  });

  it('renders a report as Markdown', async () => {
    const report: JsonValue = {
      title: 'Commits',
      sections: [
        {
          heading: 'By author',
          table: {
            columns: ['Author', 'Commits'],
            rows: [
              ['Ada', 3],
              ['Bea', 1],
            ],
          },
        },
        { text: 'As of *today*.', list: ['one', { two: 2 }] },
      ],
    };

    expect(await textOf({ name: 'r.md', report })).toBe(
      '# Commits\n\n## By author\n\n| Author | Commits |\n| --- | --- |\n| Ada | 3 |\n| Bea | 1 |\n\nAs of *today*.\n\n- one\n- {"two":2}\n',
    );
  });

  it('lets no value break out of its cell, heading or item', async () => {
    const report = {
      title: 'a\n# b',
      sections: [{ list: ['x\n- y <script>'], table: { columns: ['c|d'], rows: [['[l](u)']] } }],
    };

    expect(await textOf({ name: 'r.md', report })).toBe(
      '# a # b\n\n- x - y \\<script\\>\n\n| c\\|d |\n| --- |\n| \\[l\\](u) |\n',
    );
  });

  it('writes any value as JSON', async () => {
    expect(await textOf({ name: 'a.json', mediaType: 'application/json', content: { a: 1 } })).toBe('{\n  "a": 1\n}\n');
  });

  it.each<[string, JsonValue]>([
    ['a name that is a path', { name: '../etc/passwd', content: '' }],
    ['a media type that a browser would run', { name: 'a.html', mediaType: 'text/html', content: '' }],
    ['neither content nor report', { name: 'a.md' }],
    ['both', { name: 'a.md', content: '', report: { title: '', sections: [] } }],
    ['a value as Markdown', { name: 'a.md', content: { a: 1 } }],
    [
      'a table whose rows do not fit',
      { name: 'a.md', report: { title: '', sections: [{ table: { columns: ['a'], rows: [[1, 2]] } }] } },
    ],
    ['a report without sections', { name: 'a.md', report: { title: '' } }],
  ])('refuses %s', async (_what, input) => {
    expect(await run('report.write', input)).toMatchObject({ kind: 'rejected', code: 'input_refused' });
  });
});
