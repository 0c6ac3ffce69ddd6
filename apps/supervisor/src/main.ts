import type { Connection } from './connection-file';
import { Output } from './output';
import { readSettings, type Settings } from './settings';
import { Supervisor } from './supervisor';

const EXIT_USAGE = 78;

void main();

async function main(): Promise<void> {
  // Whoever read our lines may leave (a pipe into head); that is no reason to stop.
  process.stdout.on('error', () => undefined);
  const output = new Output();
  const settings = readSettings(process.env);
  if (settings.production) {
    output.line(
      'This profile prints a development key and is for one machine: it does not start with NODE_ENV=production.',
    );
    output.line('Start the services themselves; docs/operations.md says how.');
    process.exit(EXIT_USAGE);
  }
  const began = performance.now();
  const supervisor = new Supervisor(
    settings,
    process.env,
    output,
    (reason) => void leave(supervisor, output, 1, reason),
  );
  stopOnSignals(supervisor, output);
  output.line('Muster starts, embedded profile.');
  try {
    const connection = await supervisor.start();
    greet(output, settings, connection, (performance.now() - began) / 1_000);
  } catch (error) {
    await leave(supervisor, output, 1, error instanceof Error ? error.message : String(error));
  }
}

/** The first signal drains, the second ends everything at once. */
function stopOnSignals(supervisor: Supervisor, output: Output): void {
  let asked = false;
  const stop = (): void => {
    if (asked) supervisor.kill();
    asked = true;
    void leave(supervisor, output, 0, '\nStopping: work in flight is finished or left to the next start.');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  if (process.channel) process.on('disconnect', stop);
}

async function leave(supervisor: Supervisor, output: Output, code: number, why: string): Promise<void> {
  output.line(why);
  try {
    await supervisor.stop();
    output.line('Stopped.');
  } finally {
    process.exit(code);
  }
}

function greet(output: Output, settings: Settings, { url, consoleUrl, key }: Connection, seconds: number): void {
  const { MUSTER_DATA_DIR: given } = process.env;
  const command = `${given ? `MUSTER_DATA_DIR=${given} ` : ''}npm run -s muster -- `;
  const lines = [
    '',
    `Ready after ${seconds.toFixed(1)} s.`,
    '',
    `  API       ${url}   (documentation: ${url}/docs)`,
    `  Console   ${consoleUrl}`,
    `  Key       ${key}   (for development: not rate limited, this machine only)`,
    `  Files     ${settings.folder}   (logs/ holds what the services say)`,
    ...(process.env.EGRESS_ALLOW
      ? []
      : ['  Tools may call this machine (loopback); other private addresses are denied.']),
    '',
    'Next, in another terminal:',
    '',
    `  ${command}doctor`,
    `  ${command}tools put examples/hello/tools/hello.echo.json`,
    `  ${command}submit examples/hello/plan.yaml --input name=World --watch`,
    `  curl -H 'Authorization: Bearer ${key}' ${url}/v1/tasks`,
    '',
    'Ctrl-C stops everything.',
  ];
  for (const line of lines) output.line(line);
}
