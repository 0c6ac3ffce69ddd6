import { basename } from 'node:path';
import ts from 'typescript';
import { isTest, type SourceFile, sourceFiles } from '../support/source-files';

const FILE_LINES_MAX = 400;
const TEST_FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;
const DEPENDENCIES_MAX = 5;
const NAMES_THAT_SAY_NOTHING = [
  'manager',
  'helper',
  'helpers',
  'util',
  'utils',
  'common',
  'data',
  'info',
  'handle',
  'misc',
];

/** Spelt in pieces, so that this file passes its own rule. */
const UNFINISHED = new RegExp(
  [
    `\\b${'TO'}${'DO'}\\b`,
    `\\b${'FIX'}${'ME'}\\b`,
    `\\b${'XX'}${'X'}\\b`,
    `\\.${'only'}\\(`,
    `\\.${'skip'}\\(`,
    `\\bx(it|describe)\\(`,
    `${'eslint'}-disable`,
    `${'biome'}-ignore`,
    `@${'ts'}-(ignore|nocheck|expect-error)`,
    `\\bas ${'any'}\\b`,
  ].join('|'),
);

const typescript = sourceFiles('.ts', '.tsx');
const linesOf = ({ text }: SourceFile) => text.trimEnd().split('\n');

describe('every source file', () => {
  it('is short enough to be read', () => {
    const tooLong = typescript.filter(
      (file) => linesOf(file).length > (isTest(file) ? TEST_FILE_LINES_MAX : FILE_LINES_MAX),
    );

    expect(tooLong.map(({ path }) => path)).toEqual([]);
  });

  it('has a name that says what is in it', () => {
    const vague = sourceFiles('.ts', '.mjs', '.cjs', '.sql').filter(({ path }) =>
      basename(path)
        .split(/[.-]/)
        .some((word) => NAMES_THAT_SAY_NOTHING.includes(word)),
    );

    expect(vague.map(({ path }) => path)).toEqual([]);
  });

  it('is finished, and silences no check', () => {
    const unfinished = sourceFiles('.ts', '.tsx', '.mjs', '.cjs', '.sql').flatMap((file) =>
      linesOf(file).flatMap((line, index) =>
        UNFINISHED.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [],
      ),
    );

    expect(unfinished).toEqual([]);
  });
});

describe('every function', () => {
  const product = typescript.filter((file) => !isTest(file));

  it('is short enough to be understood at once', () => {
    const tooLong = product.flatMap((file) =>
      functionsOf(file)
        .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
        .map(({ name, lines }) => `${file.path}: ${name} has ${lines} lines`),
    );

    expect(tooLong).toEqual([]);
  });

  it('asks for few things when it constructs', () => {
    const greedy = product.flatMap((file) =>
      functionsOf(file)
        .filter(({ node }) => ts.isConstructorDeclaration(node) && node.parameters.length > DEPENDENCIES_MAX)
        .map(() => file.path),
    );

    expect(greedy).toEqual([]);
  });
});

function functionsOf({ path, text }: SourceFile): { name: string; lines: number; node: ts.Node }[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: { name: string; lines: number; node: ts.Node }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const lines = lineAt(source, node.end) - lineAt(source, node.getStart()) + 1;
      found.push({ name: node.name?.getText() ?? 'a function', lines, node });
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

const lineAt = (source: ts.SourceFile, position: number) => source.getLineAndCharacterOfPosition(position).line;
