import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second, as Linux counts them for every process on every machine. */
const TICKS_A_SECOND = 100;

/** CPU seconds that each part has used so far; a part may be many processes. */
export type CpuSeconds = ReadonlyMap<string, number>;

interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Seconds of its own. */
  readonly own: number;
  /** Seconds of its children that have ended and were waited for. */
  readonly ended: number;
}

/** One process: which part it belongs to, and the CPU seconds it has used so far. */
export interface ProcessCpu {
  readonly pid: number;
  readonly part: string;
  readonly seconds: number;
}

/**
 * Every process that we started, directly or not: the services by their names, Postgres with all its processes, Redis,
 * and ourselves with the driver as `client`.
 */
export function cpuByProcess(postgresPid: number, redisPid: number): ProcessCpu[] {
  return descendantsOf(process.pid).map(({ pid, own, ended }) => ({
    pid,
    part: pid === redisPid ? 'redis' : (serviceOf(pid) ?? (isUnder(pid, postgresPid) ? 'postgres' : 'client')),
    seconds: own + (pid === postgresPid ? ended : 0),
  }));
}

export function cpuSeconds(postgresPid: number, redisPid: number): CpuSeconds {
  const sums = new Map<string, number>();
  for (const { part, seconds } of cpuByProcess(postgresPid, redisPid)) sums.set(part, (sums.get(part) ?? 0) + seconds);
  return sums;
}

/** CPU seconds that everybody on the machine has used so far, its host included. */
export function machineSeconds(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu +(.*)$/m.exec(read('/proc/stat'))?.[1] ?? ''
  )
    .split(' ')
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_A_SECOND;
}

/** What was used between two looks, by part. */
export function cpuBetween(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return new Map([...after].map(([part, seconds]) => [part, Math.max(0, seconds - (before.get(part) ?? 0))]));
}

function descendantsOf(root: number): Process[] {
  const all = everyProcess();
  const found = all.filter(({ pid }) => pid === root);
  for (let index = 0; index < found.length; index++) {
    found.push(...all.filter(({ parent }) => parent === found[index]!.pid));
  }
  return found;
}

function everyProcess(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name)));
}

// A process may end between the listing and the look. Its name may hold anything, a closing parenthesis as well.
function processOf(pid: number): Process[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [, parent = 0] = fields;
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return [{ pid, parent, own: (user + system) / TICKS_A_SECOND, ended: (endedUser + endedSystem) / TICKS_A_SECOND }];
  } catch {
    return [];
  }
}

function serviceOf(pid: number): string | undefined {
  return /dist\/apps\/([a-z]+)\/src\/main\.js/.exec(read(`/proc/${pid}/cmdline`))?.[1];
}

function isUnder(pid: number, ancestor: number): boolean {
  for (let at = pid; at > 1; at = processOf(at)[0]?.parent ?? 0) if (at === ancestor) return true;
  return false;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
