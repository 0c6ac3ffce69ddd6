#!/usr/bin/env node
// Writes every file that repeats a table of the code, or with --check says which of them have drifted. Reads the built
// code in dist/, so build first. Nobody edits these files by hand.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { envExample } from './generate/env-example.mjs';
import { invariantsPage } from './generate/invariants-page.mjs';
import { lifecycleGuard } from './generate/lifecycle-guard.mjs';
import { lifecyclePage } from './generate/lifecycle-page.mjs';
import { prismaClient } from './generate/prisma-client.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/** A generator answers `{ path: text }` of the files it owns, paths from the repository's root. */
const GENERATORS = [lifecycleGuard, lifecyclePage, invariantsPage, envExample, prismaClient];

const files = Object.assign({}, ...(await Promise.all(GENERATORS.map((generator) => generator(ROOT)))));
const drifted = [];
for (const [path, text] of Object.entries(files)) {
  if ((await current(path)) !== text) drifted.push(path);
}

if (process.argv.includes('--check')) {
  for (const path of drifted) console.error(`${path} differs from what its source says; run: npm run generate`);
  process.exitCode = drifted.length > 0 ? 1 : 0;
} else {
  for (const path of drifted) await write(path, files[path]);
  console.log(drifted.length > 0 ? `written: ${drifted.join(', ')}` : 'nothing to write: every file is up to date');
}

async function current(path) {
  return readFile(join(ROOT, path), 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function write(path, text) {
  const target = join(ROOT, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
}
