#!/usr/bin/env node
import { run } from './program';
import { projectRoot } from './project-root';
import { terminalOf } from './terminal';

async function main(): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort());
  // A reader that went away (`muster tasks | head -1`) is no failure.
  process.stdout.on('error', (fault: NodeJS.ErrnoException) => {
    if (fault.code === 'EPIPE') process.exit(0);
    throw fault;
  });
  process.exitCode = await run(process.argv.slice(2), {
    env: process.env,
    cwd: whereTheyStand(),
    programName: process.env.npm_lifecycle_event === 'muster' ? 'npm run -s muster --' : 'muster',
    terminal: terminalOf(process.stdout, process.stderr, process.env),
    interrupted: interruption.signal,
  });
}

// `npm run` moves to the project's folder first; paths on its command line are meant from where the person stood.
function whereTheyStand(): string {
  const cwd = process.cwd();
  return process.env.INIT_CWD && cwd === projectRoot() ? process.env.INIT_CWD : cwd;
}

void main();
