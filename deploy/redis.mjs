#!/usr/bin/env node
import { accessSync, constants, existsSync } from 'node:fs';
// Finds or fetches redis-server for the tests: the machine's own, else Debian's package, installed as root or unpacked
// into .tools/redis without. `node deploy/redis.mjs` prints the folder it lies in; nothing is started.
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { timed } from './setup/progress.mjs';
import { run } from './setup/run.mjs';

// On Debian redis-server is a link into the tools' package, so that the tools and their libraries are all it takes.
const PACKAGES = ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'];

/** The folder that holds redis-server. Rejects with what a person can do where there is no way to get one. */
export async function ensureRedis(root) {
  const unpacked = join(root, '.tools/redis/bin');
  const found = folderOf('redis-server') ?? (existsSync(join(unpacked, 'redis-server')) ? unpacked : undefined);
  if (found) return found;
  if (!folderOf('apt-get'))
    throw new Error(
      'The tests need redis-server, and this machine has no apt-get to fetch it with. Install Redis 6.2 or later.',
    );
  const asRoot = process.getuid?.() === 0;
  await timed('Fetched', () => (asRoot ? installPackage() : unpack(unpacked)), {
    before: 'Fetching redis-server for the tests',
  });
  return folderOf('redis-server') ?? unpacked;
}

const folderOf = (program) =>
  (process.env.PATH ?? '').split(delimiter).find((folder) => isExecutable(join(folder, program)));

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function installPackage() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env });
  // The package would start a server of its own; the tests want none on the usual port.
  await run('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], {
    env: { ...env, RUNLEVEL: '1' },
  });
  return 'redis-server';
}

async function unpack(bin) {
  const scratch = await mkdtemp(join(tmpdir(), 'muster-redis-'));
  const files = join(dirname(bin), 'files');
  try {
    await run('apt-get', ['download', ...PACKAGES], { cwd: scratch });
    await mkdir(files, { recursive: true });
    for (const archive of await readdir(scratch)) await run('dpkg', ['-x', join(scratch, archive), files]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await writeLauncher(bin, files);
  return 'redis-server';
}

// The same binary is a server or a checker of dumps by the name it is called under.
async function writeLauncher(bin, files) {
  const libraries = await readdir(join(files, 'usr/lib'));
  const path = libraries.map((name) => join(files, 'usr/lib', name)).join(':');
  const launcher = `#!/bin/bash\nexport LD_LIBRARY_PATH='${path}'\nexec -a redis-server '${join(files, 'usr/bin/redis-check-rdb')}' "$@"\n`;
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'redis-server'), launcher);
  await chmod(join(bin, 'redis-server'), 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(await ensureRedis(join(dirname(fileURLToPath(import.meta.url)), '..')));
}
