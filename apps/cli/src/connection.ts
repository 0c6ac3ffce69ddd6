import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { projectRoot } from './project-root';
import { UsageFault } from './usage.fault';

export interface Connection {
  readonly url: string;
  readonly key?: string;
  /** Gives permits for what was asked for under `key`. */
  readonly approverKey?: string;
  /** Where it was found, for messages. */
  readonly source: string;
}

export interface ConnectionFlags {
  readonly url?: string;
  readonly key?: string;
}

const DEFAULT_URL = 'http://127.0.0.1:7400';

/** Flags before environment before the file that a running embedded Muster writes; each part is looked up on its own. */
export function findConnection(flags: ConnectionFlags, env: NodeJS.ProcessEnv, cwd: string): Connection {
  const path = connectionFile(env, cwd);
  const url = flags.url ?? env.MUSTER_URL;
  const file = path ? readConnection(path) : undefined;
  // The file's key belongs to the file's Muster: it is not sent to another address.
  const own = url === undefined || sameOrigin(url, file?.url) ? file : undefined;
  const key = flags.key ?? env.MUSTER_KEY;
  return {
    url: checkedUrl(url ?? file?.url ?? DEFAULT_URL),
    key: key ?? own?.key,
    // Whoever names a key decides under that one.
    approverKey: key ?? own?.approverKey,
    source: flags.url ? '--url' : env.MUSTER_URL ? 'MUSTER_URL' : (path ?? 'the default'),
  };
}

/** `connection.json` of MUSTER_DATA_DIR; else of the nearest `.muster` upward from here, then of this Muster's own folder. */
function connectionFile(env: NodeJS.ProcessEnv, cwd: string): string | undefined {
  const folders = env.MUSTER_DATA_DIR
    ? [resolve(cwd, env.MUSTER_DATA_DIR)]
    : [...upwardFrom(resolve(cwd)), projectRoot()].map((folder) => join(folder, '.muster'));
  return folders.map((folder) => join(folder, 'connection.json')).find(existsSync);
}

function upwardFrom(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwardFrom(parent)];
}

export function readConnection(path: string): { url?: string; key?: string; approverKey?: string } {
  try {
    const { url, key, approverKey } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    return { url: textOf(url), key: textOf(key), approverKey: textOf(approverKey) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageFault(`${path} cannot be read: ${reason}. Muster writes it anew at its next start: npm start`);
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function sameOrigin(one: string, other: string | undefined): boolean {
  return (
    other !== undefined && URL.canParse(one) && URL.canParse(other) && new URL(one).origin === new URL(other).origin
  );
}

function checkedUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new UsageFault(`'${url}' is no address of a Muster; one looks like ${DEFAULT_URL}.`);
}
