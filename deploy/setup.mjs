#!/usr/bin/env node
// Brings a bare clone to the point where a command can run, and runs it: packages, Node 24, compiled sources. Does only
// what is stale, and says what it does. Needs Node 20.19 or later and npm, nothing else.
//
//   node deploy/setup.mjs <command> [arguments]     (the commands are below)
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureNode } from './setup/node.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { timed } from './setup/progress.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const CLI = 'dist/apps/cli/src/main.js';
/** Runs the program behind it, which is not compiled to dist/. */
const TYPESCRIPT = 'deploy/typescript.cjs';

/** `full`: needs the packages for development as well. `built`: needs dist/. */
const COMMANDS = {
  start: { run: ['dist/apps/supervisor/src/main.js'], built: true },
  demo: { run: [CLI, 'demo'], built: true },
  cli: { run: [CLI], built: true },
  verify: { run: ['deploy/verify.mjs'], full: true, redis: true },
  build: { built: true },
  generate: { run: ['deploy/generate.mjs'], full: true, built: true },
  'test:endurance': { run: [TYPESCRIPT, 'test/endurance/main.ts'], full: true, built: true, redis: true },
  'test:soak': { run: [TYPESCRIPT, 'test/soak/main.ts'], full: true, built: true, redis: true },
  bench: { run: [TYPESCRIPT, 'bench/speed/main.ts'], full: true, built: true, redis: true },
  'bench:isolation': { run: [TYPESCRIPT, 'bench/isolation/main.ts'], full: true, built: true, redis: true },
  'bench:recovery': { run: [TYPESCRIPT, 'bench/recovery/main.ts'], full: true, built: true, redis: true },
  'test:crash': { run: [TYPESCRIPT, 'test/crash/main.ts'], full: true, built: true, redis: true },
  'test:chaos': { run: [TYPESCRIPT, 'test/chaos/main.ts'], full: true, built: true, redis: true },
  'test:simulation': { run: ['test/simulation/run.mjs'], full: true },
  prisma: { run: ['node_modules/prisma/build/index.js'], full: true },
};

const [name, ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (!command) {
  console.error(`usage: node deploy/setup.mjs <${Object.keys(COMMANDS).join(' | ')}> [arguments]`);
  process.exit(2);
}
try {
  process.exitCode = await prepareAndRun(command, args);
} catch (error) {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}

async function prepareAndRun({ run, full = false, built = false, redis = false }, rest) {
  await ensurePackages(ROOT, { full });
  const node = await ensureNode(ROOT);
  const folders = [dirname(node), ...(redis ? await redisFolder() : [])];
  const env = { ...process.env, PATH: [...folders, process.env.PATH].join(delimiter) };
  if (built) await build();
  if (!run) return 0;
  // Prisma's CLI asks for an engine that only its own migrations need; any program satisfies it.
  if (rest !== undefined && run[0].includes('prisma')) env.PRISMA_SCHEMA_ENGINE_BINARY ??= '/bin/true';
  return await runToEnd(node, [join(ROOT, run[0]), ...run.slice(1), ...rest], env);
}

// Imported late: it needs a package that may just have been installed.
async function build() {
  const { buildAll } = await import(pathToFileURL(join(ROOT, 'deploy/setup/build.mjs')));
  await timed('Compiled', () => buildAll(ROOT));
}

async function redisFolder() {
  const { ensureRedis } = await import(pathToFileURL(join(ROOT, 'deploy/redis.mjs')));
  const folder = await ensureRedis(ROOT);
  return folder && existsSync(folder) ? [folder] : [];
}

/** Runs a program in our place: its output, its signals, its exit status. */
function runToEnd(node, argv, env) {
  // The channel tells the supervisor when we are gone, however that came about.
  const child = spawn(node, argv, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
  child.channel?.unref();
  // Ctrl-C reaches the child by itself: we only must not leave before it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
