import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PIECES = [1024 * 1024, 4096, 1];

/** A disk in memory, small enough to be filled up. Only root may mount one. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Undefined where this user or this machine does not let us mount anything. */
  static mount(megabytes: number): SmallDisk | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'muster-disk-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'muster', folder], {
        stdio: 'ignore',
      });
      return new SmallDisk(folder);
    } catch {
      rmSync(folder, { recursive: true });
      return undefined;
    }
  }

  /** Takes every byte that is free. */
  fill(): void {
    const file = openSync(this.ballast, 'a');
    try {
      for (const size of PIECES) fillWith(file, Buffer.alloc(size, 1));
    } finally {
      closeSync(file);
    }
  }

  /** Gives back what was taken. */
  heal(): void {
    rmSync(this.ballast, { force: true });
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder]);
    rmSync(this.folder, { recursive: true });
  }

  private get ballast(): string {
    return join(this.folder, 'ballast');
  }
}

function fillWith(file: number, piece: Buffer): void {
  try {
    while (writeSync(file, piece) > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
