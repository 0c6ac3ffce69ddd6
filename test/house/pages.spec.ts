import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT, sourceFiles, textOf } from '../support/source-files';

const ROOT_PAGES = ['README.md', 'CONTRIBUTING.md'];
const pages = [...sourceFiles('.md'), ...ROOT_PAGES.map((path) => ({ path, text: textOf(path) }))];
const scripts = Object.keys((JSON.parse(textOf('package.json')) as { scripts: object }).scripts);

describe('the pages', () => {
  it('link only to files that are there', () => {
    const broken = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(ROOT, dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    );

    expect(broken).toEqual([]);
  });

  it('name only files that are there', () => {
    const missing = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/`((?:apps|libs|test|docs|deploy|examples|prisma)\/[\w./-]+\.\w+)`/g)]
        .map((match) => match[1] ?? '')
        .filter((file) => !existsSync(join(ROOT, file)))
        .map((file) => `${path}: ${file}`),
    );

    expect(missing).toEqual([]);
  });

  it('call upon examples that are there', () => {
    const missing = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/\b(examples\/[\w./-]+\.\w+)/g)]
        .map((match) => match[1] ?? '')
        .filter((file) => !existsSync(join(ROOT, file)))
        .map((file) => `${path}: ${file}`),
    );

    expect(missing).toEqual([]);
  });

  it('name only commands that package.json has', () => {
    const unknown = pages.flatMap(({ path, text }) =>
      [...text.matchAll(/(?:^|`)npm (?:run (?:-s )?)?([a-z][\w:-]*)/gm)]
        .map((match) => match[1] ?? '')
        .filter((name) => name !== 'install' && !scripts.includes(name))
        .map((name) => `${path}: npm run ${name}`),
    );

    expect(unknown).toEqual([]);
  });
});
