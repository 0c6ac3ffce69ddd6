import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, programOf } from './process-end';

/** Two supervisors on one data folder would fight for its Postgres: the second one is told about the first. */
export class FolderLock {
  private constructor(private readonly file: string) {}

  static take(folder: string): FolderLock {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'supervisor.pid');
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    if (pid > 1 && pid !== process.pid && isRunning(pid) && (programOf(pid) ?? 'supervisor').includes('supervisor')) {
      throw new Error(
        `Muster runs already on ${folder} (pid ${pid}). Stop that one, or set MUSTER_DATA_DIR, MUSTER_PORT and MUSTER_CONSOLE_PORT.`,
      );
    }
    writeFileSync(file, String(process.pid));
    return new FolderLock(file);
  }

  release(): void {
    rmSync(this.file, { force: true });
  }
}
