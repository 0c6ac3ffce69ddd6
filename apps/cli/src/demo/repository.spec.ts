import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../project-root';
import { bundledHistory, chooseRepository } from './repository';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-history-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const headOf = (path: string): string =>
  execFileSync('git', ['-C', path, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();

describe('the bundled history', () => {
  it('has the same commits wherever and whenever it is built', () => {
    const one = bundledHistory(projectRoot(), join(folder, 'one'));
    const other = bundledHistory(projectRoot(), join(folder, 'other'));

    expect(headOf(one)).toBe('f7fea3631c4cbe6aa94f980d0302c9f9d95e773e');
    expect(headOf(other)).toBe(headOf(one));
  });
});

describe('a repository that is asked for', () => {
  it('is read where it has commits', () => {
    const path = bundledHistory(projectRoot(), join(folder, 'asked'));

    expect(chooseRepository('asked', folder, projectRoot())).toMatchObject({ path, commits: 48 });
  });

  it('is refused where it has none, instead of reading another', () => {
    mkdirSync(join(folder, 'empty'));

    expect(() => chooseRepository('empty', folder, projectRoot())).toThrow(/no git repository with commits/);
  });
});
