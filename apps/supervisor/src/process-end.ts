import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

/** Whether a process with this id runs. A pid says nothing about which program it is; see `programOf`. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

// A killed child that nobody waited for keeps its pid; it runs nothing any more.
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The command line behind a pid; undefined where this system does not tell. */
export function programOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return undefined;
  }
}

/** Resolves with whether the process ended within `ms`. */
export async function endsWithin(pid: number, ms: number): Promise<boolean> {
  const end = performance.now() + ms;
  while (isRunning(pid)) {
    if (performance.now() > end) return false;
    await delay(POLL_MS);
  }
  return true;
}
