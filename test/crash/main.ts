import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const USAGE = `Strikes a real Muster at every fault point, and asks what became of the work. A table is left behind.

  npm run test:crash -- [--cells N] [--seed S] [--only WORDS] [--out FOLDER]

  --cells N    a sample of so many, or all (all)
  --seed S     by which a sample is drawn (1)
  --only WORDS only cells in whose names all of these words are, e.g. "executor.after-effect kill keyed"
  --out FOLDER where crash-cells.md, crash-cells.json and the logs of a failure go (.muster/crash)
`;
const ROOT = join(__dirname, '../..');

void main().then((status) => {
  process.exitCode = status;
});

async function main(): Promise<number> {
  const settings = readSettings();
  if (!settings) return 2;
  const jest = [join(ROOT, 'node_modules/jest/bin/jest.js'), '--selectProjects', 'services'];
  const child = spawn(process.execPath, [...jest, '--testPathPatterns', 'crash/crash-cells', '--silent=false'], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...settings, NODE_OPTIONS: '--experimental-vm-modules' },
  });
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
}

/** What test/crash/crash-cells.spec.ts reads. */
function readSettings(): Record<string, string> | undefined {
  const text = { type: 'string' } as const;
  try {
    const options = { cells: text, seed: text, only: text, out: text, help: { type: 'boolean' } } as const;
    const { values } = parseArgs({ options });
    if (values.help) throw new Error('');
    const { cells = 'all', seed = '1', only = '', out = '.muster/crash' } = values;
    if (cells !== 'all' && !/^[1-9]\d*$/.test(cells))
      throw new Error(`--cells is ${cells}; it must be all or a number.`);
    if (!/^\d+$/.test(seed)) throw new Error(`--seed is ${seed}; it must be a whole number.`);
    return {
      MUSTER_CRASH_CELLS: cells,
      MUSTER_CRASH_SEED: seed,
      MUSTER_CRASH_ONLY: only,
      MUSTER_CRASH_OUT: resolve(out),
      MUSTER_CRASH_COMMAND: ['npm run test:crash --', ...process.argv.slice(2)].join(' '),
    };
  } catch (error) {
    console.log(`${(error as Error).message}\n${USAGE}`.trimStart());
    return undefined;
  }
}
