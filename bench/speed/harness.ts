import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Harness } from './adapter/bench-tool';
import { type Result, resultOf } from './results';
import { addressesOf, type Servers } from './servers';

/** The peers and the driver that measures everybody; they are no part of this repository. */
const HARNESS = resolve(process.env.MUSTER_BENCH_HARNESS ?? join(__dirname, '../../../shared/bench/peers'));
const ADAPTER = join(__dirname, 'adapter');
/** Where peers are installed, and where effects are noted; run.sh's own default. */
const RUN_FOLDER = process.env.PEERS_RUN_DIR ?? '/tmp/peers';

export interface Round {
  readonly workloads: readonly string[];
  /** Rounds of each workload; the median counts. */
  readonly repeat: number;
  /** Further settings of the driver and of the adapter. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Listener {
  /** A line that says how far it is. */
  onProgress(line: string): void;
}

/** Throws, with the remedy, where the driver is not there. */
export function requireHarness(): void {
  if (existsSync(join(HARNESS, 'lib/driver.mjs'))) return;
  throw new Error(
    `The driver of the benchmark is not at ${HARNESS}: it runs the workloads, for Muster as for its peers. Put the folder shared/bench/peers beside this repository, or name its place in MUSTER_BENCH_HARNESS.`,
  );
}

/** The function that every peer calls as its step. */
export async function driversTool(): Promise<Harness> {
  return (await import(join(HARNESS, 'lib/common.mjs'))) as Harness;
}

/** Muster, by the driver that the peers have. */
export function measureMuster(servers: Servers, round: Round, listener: Listener): Promise<Result[]> {
  const driver = join(HARNESS, 'lib/driver.mjs');
  return run(process.execPath, [driver, ADAPTER, round.workloads.join(',')], servers, round, listener);
}

/** One peer, by the script that installs and runs it. */
export function measurePeer(peer: string, servers: Servers, round: Round, listener: Listener): Promise<Result[]> {
  return run('bash', [join(HARNESS, 'run.sh'), peer], servers, round, listener);
}

async function run(
  program: string,
  args: readonly string[],
  servers: Servers,
  { workloads, repeat, env }: Round,
  listener: Listener,
): Promise<Result[]> {
  mkdirSync(RUN_FOLDER, { recursive: true });
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...addressesOf(servers),
      MUSTER_BENCH_HARNESS: HARNESS,
      PEERS_RUN_DIR: RUN_FOLDER,
      PEERS_REPEAT: String(repeat),
      WORKLOADS: workloads.join(','),
      ...env,
    },
  });
  return await resultsFrom(child, listener);
}

// A workload that failed is a result of its own; the exit status says nothing more.
async function resultsFrom(child: ChildProcess, listener: Listener): Promise<Result[]> {
  const results: Result[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => results.push(...resultOf(line)));
  createInterface({ input: child.stderr! }).on('line', (line) => listener.onProgress(line));
  await new Promise((end, fail) => child.once('close', end).once('error', fail));
  return results;
}
