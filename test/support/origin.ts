import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

const git = (...args: string[]): string => execFileSync('git', args, { cwd: __dirname, encoding: 'utf8' }).trim();

/** The commit that figures were measured at, and whether the sources had been changed since. */
export function commitNow(): string {
  const changed = git('status', '--porcelain', '--', '../../apps', '../../libs') ? ' with changes' : '';
  return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
}

/** What figures were measured on; others may have been using it, hence the load. */
export function machineNow(): string {
  const [load = 0] = loadavg();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores, ${memoryGb} GB, Node ${process.versions.node} (load average ${load.toFixed(1)} at the end)`;
}
