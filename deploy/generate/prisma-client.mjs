import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const CLIENT = 'libs/persistence/src/generated';
// The client repeats its schema, and in it where it was written to; that is put right afterwards.
const SCRATCH = './scratch-client';

/** The typed client, from prisma/schema.prisma, generated beside the schema's own output so that the two can differ. */
export async function prismaClient(root) {
  const folder = await mkdtemp(join(tmpdir(), 'muster-prisma-'));
  try {
    const schema = await readFile(join(root, 'prisma/schema.prisma'), 'utf8');
    const output = /output\s*=\s*"([^"]*)"/.exec(schema)[1];
    await writeFile(join(folder, 'schema.prisma'), schema.replace(`"${output}"`, `"${SCRATCH}"`));
    await generate(root, join(folder, 'schema.prisma'));
    return await textsOf(join(folder, SCRATCH), (text) => text.replaceAll(SCRATCH, output));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// The schema engine is a download that only migrations need; the CLI asks for it all the same, and takes any program.
async function generate(root, schema) {
  const prisma = join(root, 'node_modules/prisma/build/index.js');
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  await promisify(execFile)(process.execPath, [prisma, 'generate', '--schema', schema], { cwd: root, env });
}

async function textsOf(folder, correct) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return Object.fromEntries(files.map((file, index) => [file.replace(folder, CLIENT), correct(texts[index])]));
}
