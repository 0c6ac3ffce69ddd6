import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeReport, ProgressLine, showTable } from './output';
import { held, type RunReport, runChaos } from './run';

const USAGE = `Torments a real Muster by a seed, then asks the sink, the callers and the database what became of it.

  npm run test:chaos -- [--runs N] [--seed S] [--effects N] [--faults N] [--tasks N] [--keep FOLDER]

  --runs N     how many runs; each takes the next seed (1)
  --seed S     the first seed (1)
  --effects N  effects outside before a run is brought to its end (2000)
  --faults N   faults in each run, evenly over its effects (one for every 150 effects)
  --tasks N    tasks under way at the same time (40)
  --keep DIR   keeps logs and testimony there, also of runs that held
`;
const EFFECTS_DEFAULT = 2_000;
const EFFECTS_A_FAULT = 150;
const TASKS_DEFAULT = 40;

interface Settings {
  readonly runs: number;
  readonly seed: number;
  readonly effects: number;
  readonly faults: number;
  readonly tasksAtOnce: number;
  readonly keep?: string;
}

void main().then((status) => {
  process.exitCode = status;
});

async function main(): Promise<number> {
  const settings = readSettings();
  if (!settings) return 2;
  const folder = settings.keep ?? (await mkdtemp(join(tmpdir(), 'muster-chaos-')));
  const reports: RunReport[] = [];
  let failures = 0;
  for (let run = 0; run < settings.runs; run++) {
    const report = await oneRun(settings, settings.seed + run, folder);
    if (report) reports.push(report);
    if (!report || !held(report)) failures++;
  }
  if (reports.length > 0) console.log(`\n${showTable(reports)}`);
  if (failures === 0 && !settings.keep) await rm(folder, { recursive: true, force: true });
  return failures > 0 ? 1 : 0;
}

/** Undefined where the run itself broke down; it has been told why. */
async function oneRun(settings: Settings, seed: number, parent: string): Promise<RunReport | undefined> {
  const { effects, faults, tasksAtOnce } = settings;
  const folder = join(parent, `seed-${seed}`);
  await mkdir(folder, { recursive: true });
  const line = new ProgressLine(process.stdout, `seed ${seed}`, { effects, faults });
  const repeat = `npm run test:chaos -- --seed ${seed} --effects ${effects} --faults ${faults} --tasks ${tasksAtOnce}`;
  try {
    const report = await runChaos({
      seed,
      effects,
      faults,
      tasksAtOnce,
      folder,
      onProgress: (progress) => line.show(progress),
    });
    line.end(describeReport(report));
    if (held(report) && !settings.keep) await rm(folder, { recursive: true, force: true });
    if (!held(report)) console.log(`  again: ${repeat}\n  kept:  ${folder}`);
    return report;
  } catch (error) {
    line.end('the run broke down');
    console.log(`${(error as Error).stack}\n  again: ${repeat}\n  kept:  ${folder}`);
    return undefined;
  }
}

function readSettings(): Settings | undefined {
  try {
    const text = { type: 'string' } as const;
    const options = {
      runs: text,
      seed: text,
      effects: text,
      faults: text,
      tasks: text,
      keep: text,
      help: { type: 'boolean' },
    } as const;
    const { values } = parseArgs({ options });
    if (values.help) throw new Error('');
    const effects = wholeNumber('effects', values.effects, EFFECTS_DEFAULT);
    return {
      runs: wholeNumber('runs', values.runs, 1),
      seed: wholeNumber('seed', values.seed, 1),
      effects,
      faults: wholeNumber('faults', values.faults, Math.ceil(effects / EFFECTS_A_FAULT)),
      tasksAtOnce: wholeNumber('tasks', values.tasks, TASKS_DEFAULT),
      ...(values.keep && { keep: values.keep }),
    };
  } catch (error) {
    console.log(`${(error as Error).message}\n${USAGE}`.trimStart());
    return undefined;
  }
}

function wholeNumber(name: string, text: string | undefined, fallback: number): number {
  const value = Number(text ?? fallback);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} is ${text}; it must be a whole number.`);
  return value;
}
