import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Breach, runInvariants } from '@muster/persistence';
import { Muster } from '../support/muster';
import { commitNow, machineNow } from '../support/origin';
import { PostgresCluster } from '../support/postgres-cluster';
import { progressLine } from '../support/progress-line';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';
import { Gauges, type Reading } from './gauges';
import { Load } from './load';
import { numbersOf, pageOf, pictureOf, type Run } from './page';
import { pause } from './pause';
import { SoakTool } from './soak-tool';
import { type Finding, findingsOf, megabytes } from './verdict';

const DOCS = join(__dirname, '../../docs');
const MINUTES_DEFAULT = '30';
const READ_EVERY_MS = 5_000;
const INVARIANTS_EVERY_MS = 60_000;
const MAXIMUM_SECONDS = 20;
const SHARE_OF_MAXIMUM = 0.5;
/** The lease and two sweeps: what the services may take to mend what they mend by themselves. */
const MEND_WITHIN_MS = 11_000;
const REST_MS_MAX = 120_000;
/**
 * As in a container of half a gigabyte. Given all of a large machine, V8 lets a heap grow for many minutes before it
 * looks what of it is still needed, and growth would say nothing.
 */
const HEAP = '--max-old-space-size=192 --max-semi-space-size=8';
const USAGE = `usage: npm run test:soak -- [--minutes ${MINUTES_DEFAULT}] [--rate <tasks a second>] [--dry: leaves docs/ as it is]`;

void main();

async function main(): Promise<void> {
  const wishes = readWishes();
  const [postgres, redis, tool] = await Promise.all([
    PostgresCluster.start({ durable: true }),
    RedisServer.start(),
    SoakTool.start(),
  ]);
  const env = { SWEEP_MS: '500', NODE_OPTIONS: HEAP };
  const muster = await Muster.start({ databaseUrl: postgres.url, redisUrl: redis.url, env });
  const gauges = new Gauges(muster, redis.url);
  const soak = new Soak(muster, gauges, new Load(muster));
  const run = await soak.run(tool, wishes);
  gauges.close();
  await muster.stop();
  await Promise.all([tool.stop(), redis.stop(), postgres.stop()]);
  const findings = findingsOf(soak.readings);
  if (!wishes.dry) publish(soak.readings, findings, run);
  process.exit(tell(findings, soak.breaches, run) ? 0 : 1);
}

interface Wishes {
  readonly minutes: number;
  readonly rate?: number;
  readonly dry: boolean;
}

function readWishes(): Wishes {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: MINUTES_DEFAULT },
      rate: { type: 'string' },
      dry: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  if (!(minutes > 0) || (rate !== undefined && !(rate > 0))) {
    console.error(USAGE);
    process.exit(2);
  }
  return { minutes, rate, dry: values.dry };
}

/** A run of the load with its readings, and the invariants asked each minute. */
class Soak {
  readonly readings: Reading[] = [];
  readonly breaches: Breach[] = [];
  private invariantRuns = 0;
  private stopped = false;

  constructor(
    private readonly muster: Muster,
    private readonly gauges: Gauges,
    private readonly load: Load,
  ) {}

  async run(tool: SoakTool, { minutes, rate }: Wishes): Promise<Run> {
    await this.load.prepare(tool.url);
    progressLine('looking for the most that this machine can do');
    const maximumPerSecond = rate ? rate / SHARE_OF_MAXIMUM : await this.load.findMaximum(MAXIMUM_SECONDS);
    const perSecond = maximumPerSecond * SHARE_OF_MAXIMUM;
    const endAt = performance.now() + minutes * 60_000;
    const watching = [
      this.every(READ_EVERY_MS, () => this.read(endAt)),
      this.every(INVARIANTS_EVERY_MS, () => this.ask()),
    ];
    await this.load.keepUp(perSecond, endAt).finally(() => {
      this.stopped = true;
    });
    await Promise.all(watching);
    await this.everythingEnds();
    await this.ask();
    return {
      command: `npm run test:soak -- --minutes ${minutes}${rate ? ` --rate ${rate}` : ''}`,
      commit: commitNow(),
      machine: machineNow(),
      at: new Date().toISOString().slice(0, 10),
      minutes,
      maximumPerSecond,
      perSecond,
      invariantRuns: this.invariantRuns,
    };
  }

  private async every(ms: number, work: () => Promise<void>): Promise<void> {
    while (!this.stopped) {
      const began = performance.now();
      await work();
      const next = began + ms;
      while (!this.stopped && performance.now() < next) await pause(Math.min(200, next - performance.now()));
    }
  }

  private async read(endAt: number): Promise<void> {
    const reading = await this.gauges.read();
    this.readings.push(reading);
    const { executor = 0, coordinator = 0 } = reading.memory;
    const left = Math.max(0, (endAt - performance.now()) / 60_000);
    progressLine(
      `${left.toFixed(1)} min to go · ${reading.tasksEnded} tasks ended, ${reading.tasksOpen} open · coordinator ${megabytes(coordinator)}, executor ${megabytes(executor)}`,
    );
  }

  private async ask(): Promise<void> {
    this.breaches.push(...(await runInvariants(this.muster.sql, { mendWithinMs: MEND_WITHIN_MS })));
    this.invariantRuns++;
  }

  private async everythingEnds(): Promise<void> {
    const nothingOpen = async () => (await this.gauges.read()).tasksOpen === 0;
    await until(nothingOpen, { what: 'the end of every task', deadlineMs: REST_MS_MAX });
  }
}

function publish(readings: readonly Reading[], findings: readonly Finding[], run: Run): void {
  writeFileSync(join(DOCS, 'soak.svg'), pictureOf(readings, run));
  writeFileSync(join(DOCS, 'soak.csv'), numbersOf(readings));
  writeFileSync(join(DOCS, 'soak.md'), pageOf(readings, findings, run));
}

function tell(findings: readonly Finding[], breaches: readonly Breach[], run: Run): boolean {
  console.log(
    `\n${run.perSecond.toFixed(1)} tasks a second for ${run.minutes} min; the most was ${run.maximumPerSecond.toFixed(1)}\n`,
  );
  const width = Math.max(...findings.map(({ what }) => what.length));
  for (const { what, says, holds } of findings) console.log(`  ${holds ? '✓' : '✗'} ${what.padEnd(width)}  ${says}`);
  console.log(`  ${breaches.length === 0 ? '✓' : '✗'} ${'invariants'.padEnd(width)}  asked ${run.invariantRuns} times`);
  for (const breach of breaches) console.log(JSON.stringify(breach));
  return breaches.length === 0 && findings.every(({ holds }) => holds);
}
