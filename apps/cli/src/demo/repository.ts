import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageFault } from '../usage.fault';
import { DEMO_LIMITS } from './limits';

export interface Repository {
  readonly path: string;
  readonly commits: number;
  /** What a person is told about the choice. */
  readonly says: string;
}

/** The history that is asked for; else this clone's own; else, where that is missing or too short, the bundled one. */
export function chooseRepository(asked: string | undefined, cwd: string, root: string): Repository {
  if (!hasGit()) {
    throw new Error(
      'The demo reads a git history, and there is no `git` here. Install git (Debian: apt-get install git) and run this again.',
    );
  }
  if (asked !== undefined) return askedFor(resolve(cwd, asked));
  const own = commitsOf(root);
  if (own >= DEMO_LIMITS.COMMITS_MIN)
    return { path: root, commits: own, says: `this repository, its last ${own} commits` };
  const path = bundledHistory(root, join(root, '.muster', 'demo-history'));
  const commits = commitsOf(path);
  return {
    path,
    commits,
    says: `the bundled history, ${commits} commits: this copy of Muster has ${own ? 'too short a one' : 'none'}`,
  };
}

function askedFor(path: string): Repository {
  const commits = commitsOf(path);
  if (commits > 0) return { path, commits, says: `${path}, its last ${commits} commits` };
  throw new UsageFault(`${path} is no git repository with commits. --repo wants the folder of one.`);
}

function hasGit(): boolean {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** At most 300: as many as the plan reads. 0 where the folder is not the root of a repository, or has no commit. */
function commitsOf(path: string): number {
  try {
    const argv = [
      '-c',
      `safe.directory=${path}`,
      '-C',
      path,
      'rev-list',
      '--count',
      '--no-merges',
      '-n',
      '300',
      'HEAD',
    ];
    return Number(execFileSync('git', argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return 0;
  }
}

/** The same commits, with the same hashes, every time. */
export function bundledHistory(root: string, path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', path], { stdio: 'ignore' });
  const input = openSync(join(root, 'examples/lost-acknowledgement/history.fast-export'), 'r');
  try {
    execFileSync('git', ['-C', path, 'fast-import', '--quiet'], { stdio: [input, 'ignore', 'inherit'] });
  } finally {
    closeSync(input);
  }
  return path;
}
