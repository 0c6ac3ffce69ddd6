import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What clients of this machine need to reach a running Muster. */
export interface Connection {
  readonly url: string;
  readonly key: string;
  /** For permits alone: nobody gives one for what was asked for under the same key. */
  readonly approverKey: string;
  readonly consoleUrl: string;
  readonly databaseUrl: string;
}

const pathIn = (folder: string): string => join(folder, 'connection.json');

/** Whoever sees the file may use it: it appears whole, when everything is ready. */
export function writeConnection(folder: string, connection: Connection): void {
  const draft = `${pathIn(folder)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, pathIn(folder));
}

export function removeConnection(folder: string): void {
  rmSync(pathIn(folder), { force: true });
}
